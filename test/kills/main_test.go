// Package kills kills Gondor wherever a kill could hurt, and looks at what becomes of the
// deploy that was on its way.
package kills

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The programs under test, built once: Gondor with its points, and a site.
var gondor, site string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gondor-kills-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // instances have users of their own
	}
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		gondor, site = filepath.Join(dir, "gondor"), filepath.Join(dir, "site")
		err = build("-race", "-tags", "killpoints", "-o", gondor, "gondor")
	}
	if err == nil {
		err = build("-o", site, "gondor/test/kills/site")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func build(args ...string) error {
	command := exec.Command("go", append([]string{"build"}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %v: %w\n%s", args, err, out)
	}
	return nil
}
