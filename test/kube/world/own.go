package world

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Where test/cluster keeps what the tests need of it.
const (
	ownState      = "/var/lib/test-cluster"
	ownKubeconfig = ownState + "/kubeconfig"
	ownHub        = "/run/netns/test-cluster-hub"
)

// exitSkipped is what the program of test/cluster says when this machine can't run it.
const exitSkipped = 77

// findOwn builds the program of test/cluster and takes the cluster that is up, or brings one
// up. Until leave, other processes that brought it up leave it up.
func (w *World) findOwn() error {
	w.Own, w.Kubeconfig = true, ownKubeconfig
	if err := w.build(); err != nil {
		return err
	}
	if err := w.use(); err != nil {
		return err
	}
	if stands() {
		_, err := w.Cluster("recycle") // what the tests before have claimed
		return err
	}
	unlock, err := locked("bring-up", exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock.Close() }() // which unlocks
	if stands() {
		return nil // another package was faster
	}
	for _, command := range [][]string{{"down"}, {"up", "--nodes", "3"}} { // of one that a restart of the machine ended, files are left
		if _, err := w.Cluster(command...); err != nil {
			return errors.Join(err, w.using.Close())
		}
	}
	w.brought = true
	return nil
}

// stands reports whether a cluster is up: it has its kubeconfig once it is, and its control
// plane runs, which it does no more after a restart of the machine.
func stands() bool {
	_, unfinished := os.Stat(ownKubeconfig)
	text, err := os.ReadFile(ownState + "/control.pid")
	if unfinished != nil || err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && syscall.Kill(pid, 0) == nil
}

// use keeps those who brought the cluster up from taking it down.
func (w *World) use() error {
	var err error
	w.using, err = locked("in-use", shared)
	return err
}

// leave takes the cluster down if this process brought it up, when no other process uses it
// any more.
func (w *World) leave() error {
	if w.using == nil {
		return nil
	}
	if err := w.using.Close(); err != nil {
		return fmt.Errorf("leave the tests' cluster: %w", err)
	}
	if !w.brought {
		return nil
	}
	alone, err := locked("in-use", exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = alone.Close() }() // which unlocks
	_, err = w.Cluster("down")
	return err
}

// locked returns a file of that name that holds the lock until it is closed.
func locked(name string, how int) (*os.File, error) {
	dir, err := cache()
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the tests' cluster: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the tests' cluster: %w", err), file.Close())
	}
	return file, nil
}

// build builds the program of test/cluster.
func (w *World) build() error {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		return fmt.Errorf("%w: it takes root on Linux to run one, or %s names the kubeconfig of another", ErrNone, kubeconfigVariable)
	}
	dir, err := cache()
	if err != nil {
		return err
	}
	unfinished := filepath.Join(dir, fmt.Sprintf("cluster.%d", os.Getpid()))
	c := exec.Command("go", "build", "-o", unfinished, ".")
	c.Dir, c.Env = filepath.Join(Root(), "test", "cluster"), append(os.Environ(), "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program of test/cluster: %w\n%s", err, out)
	}
	w.program = filepath.Join(dir, "cluster")
	return os.Rename(unfinished, w.program)
}

// Cluster runs a command of test/cluster, such as "cut", "n3", and returns the last line of
// what it printed.
func (w *World) Cluster(arguments ...string) (string, error) {
	var problems bytes.Buffer
	c := exec.Command(w.program, arguments...)
	c.Stderr = &problems
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitSkipped {
		return "", fmt.Errorf("%w: %s", ErrNone, strings.TrimSpace(problems.String()))
	}
	if err != nil {
		return "", fmt.Errorf("%s of the test cluster: %w\n%s", arguments[0], err, problems.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}

// NeedsOwn skips a test that does to machines what only test/cluster's can suffer.
func (w *World) NeedsOwn(t testing.TB) {
	t.Helper()
	if !w.Own {
		t.Skip("this cluster is not test/cluster's, whose machines and network the test reaches into")
	}
}

// Root is the folder of this module's sources.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// cache is the folder of what is made once for all tests of this user.
func cache() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	dir := filepath.Join(base, "gondor-test-cluster")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache directory: %w", err)
	}
	return dir, nil
}
