package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packages are what the machine has besides the base of Debian. Gondor needs none but
// systemd; git is for gondor deploy.
func packages() []string { return []string{"systemd", "systemd-sysv", "git", "ca-certificates"} }

// needs skips a test that this machine can't run.
func needs(t *testing.T) {
	t.Helper()
	if os.Getenv("GONDOR_TEST_MACHINE") == "" {
		t.Skip("a whole machine is only made when GONDOR_TEST_MACHINE is set; make machine does so")
	}
	if os.Geteuid() != 0 {
		t.Fatal("only root can make a machine")
	}
	for _, program := range []string{"mmdebstrap", "systemd-nspawn", "nsenter", "unshare", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("there is no %s; apt-get install mmdebstrap systemd-container util-linux git", program)
		}
	}
}

// image returns the directory of a Debian with the packages. It is made once and then kept
// in the user's cache.
func image(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Join(packages(), ",")
	sum := sha256.Sum256([]byte(release(t) + " " + list))
	dir := filepath.Join(cache, "gondor-test-machine", hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(dir), "unfinished-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(unfinished) }) // it was renamed, or is of no use
	bootstrap(t, unfinished, list)
	if err := os.Rename(unfinished, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// bootstrap makes the files of the machine from this machine's package sources, with mounts
// in a mount namespace of their own so that none is left however it ends.
func bootstrap(t *testing.T, dir, packages string) {
	t.Helper()
	arguments := []string{
		"--mount", "--propagation", "private", "mmdebstrap", "--variant=minbase", "--mode=root", "--include=" + packages,
		"--aptopt=Acquire::Languages none", "--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*", release(t), dir,
	}
	sources, err := filepath.Glob("/etc/apt/sources.list.d/*.sources")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/etc/apt/sources.list"); err == nil {
		sources = append(sources, "/etc/apt/sources.list")
	}
	out, err := exec.CommandContext(t.Context(), "unshare", append(arguments, sources...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("mmdebstrap: %v\n%s", err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// release is the code name of this machine's Debian.
func release(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "VERSION_CODENAME="); ok {
			return name
		}
	}
	t.Skip("this is no Debian: /etc/os-release names no release")
	return ""
}

// build makes a binary of Gondor as it is released.
func build(t *testing.T, path string, flags ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-trimpath"}, flags...), "-o", path, ".")...)
	c.Dir = "../.."
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
}
