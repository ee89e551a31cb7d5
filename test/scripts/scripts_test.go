package scripts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// root holds the binary and the scripts' directories. The processes of sites run as
// users of their own, who must be able to pass through it.
var root string

func runAll(m *testing.M) int {
	var err error
	if root, err = os.MkdirTemp("", "gondor-scripts-"); err == nil {
		defer func() { _ = os.RemoveAll(root) }() // what is left lies where the system cleans up
		err = build(filepath.Join(root, "bin", "gondor"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare the scripts:", err)
		return 1
	}
	return m.Run()
}

func build(to string) error {
	if err := os.Chmod(root, 0o755); err != nil {
		return err
	}
	args := append([]string{"build", "-o", to}, raceFlags...)
	out, err := exec.Command("go", append(args, "gondor")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	return nil
}

func TestScripts(t *testing.T) {
	work := filepath.Join(root, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		WorkdirRoot:         work,
		Setup:               setUp,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "halt": halt, "demo": demo, "interrupt": interrupt,
			"signin": signIn, "repository": repository, "commit": commit,
			"exits": exits, "page": page, "eventually": eventually, "same": same, "webhook": webhook,
		},
	})
}

// setUp gives a script a home, a git identity, and a world that it may write about.
func setUp(e *testscript.Env) error {
	if err := os.Chmod(e.WorkDir, 0o755); err != nil {
		return err
	}
	config := filepath.Join(e.WorkDir, ".gitconfig")
	if err := os.WriteFile(config, []byte("[user]\n\tname = T\n\temail = t@example.com\n[init]\n\tdefaultBranch = main\n"), 0o644); err != nil {
		return err
	}
	for key, value := range map[string]string{
		"PATH":                  filepath.Join(root, "bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME":                  e.WorkDir,
		"XDG_CONFIG_HOME":       filepath.Join(e.WorkDir, "config"),
		"GIT_CONFIG_GLOBAL":     config,
		"GIT_CONFIG_NOSYSTEM":   "1",
		"GONDOR_ADMIN_PASSWORD": adminPassword,
		"GONDOR":                filepath.Join(root, "bin", "gondor"),
		"DATA":                  filepath.Join(e.WorkDir, "data"),
	} {
		e.Setenv(key, value)
	}
	e.Values[serverKey{}] = &server{}
	return nil
}
