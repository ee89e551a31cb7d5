package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAProcessWhoseRecordsAreGoneIsEndedAtTheNextStart(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	engine, a := built(t, dir, "site")
	limited(t, engine)
	lost := one("lost", "site", "instance", a, "echo $$ $PPID > $DATA_DIR/pids; exec sleep 600")
	if err := engine.Start(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	pid, parent := awaitPIDs(t, filepath.Join(dir, "data", "instance", "pids"))
	if err := syscall.Kill(parent, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the supervisor ends", func() bool { return ended(parent) })
	if err := os.RemoveAll(filepath.Join(dir, "supervisor")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the process has ended with its supervisor: %v", err)
	}
	openLocal(t, options(dir))
	if !ended(pid) {
		t.Error("the process still runs")
	}
}

// awaitPIDs reads a process's PID, and that of the supervisor that started it, from the
// file in which it writes them.
func awaitPIDs(t *testing.T, path string) (pid, parent int) {
	t.Helper()
	eventually(t, "the process says its PID", func() bool {
		text, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(string(text), &pid, &parent)
		return err == nil
	})
	return pid, parent
}

// ended reports whether a process runs no more; it may still wait to be buried.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
