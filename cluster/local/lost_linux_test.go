package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestAProcessWhoseRecordsAreGoneIsEndedAtTheNextStart(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	engine, a := built(t, dir, "site")
	limited(t, engine)
	lost := one("lost", "site", "instance", a, "echo $$ > $DATA_DIR/pid; exec sleep 600")
	if err := engine.Start(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	pid := awaitPID(t, filepath.Join(dir, "data", "instance", "pid"))
	killSupervisor(t, dir)
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

// awaitPID reads a process's PID from the file in which it writes it.
func awaitPID(t *testing.T, path string) (pid int) {
	t.Helper()
	eventually(t, "the process says its PID", func() bool {
		text, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

// killSupervisor kills the supervisor of a directory and waits for its end.
func killSupervisor(t *testing.T, dir string) {
	t.Helper()
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range commands {
		line, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(line), superviseArgument) || !strings.Contains(string(line), dir+"/supervisor") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the supervisor ends", func() bool { return ended(pid) })
	}
}

// ended reports whether a process runs no more; it may still wait to be buried.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
