package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// remove removes a group whose processes the supervisor has ended. No error when there is
// none. It kills nothing itself: for a moment a thread of the supervisor, which carries a
// new process in, is a member too.
func (c *cgroups) remove(group string) error { return c.removeAfter(group, func(string) {}) }

// clear kills whatever is in a group that nobody knows, and removes it. Such processes
// are of a supervisor that was killed and whose records are gone, too.
func (c *cgroups) clear(group string) error { return c.removeAfter(group, c.kill) }

func (c *cgroups) removeAfter(group string, prepare func(at string)) error {
	if c.name == "" {
		return nil
	}
	at := c.at(group)
	deadline := time.Now().Add(5 * time.Second)
	for {
		prepare(at)
		err := c.rmdir(at)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Millisecond) // the kernel is still burying its processes
	}
}

// kill ends what is in a group now. What it forks meanwhile is for the next time.
func (c *cgroups) kill(at string) {
	list, err := os.ReadFile(filepath.Join(c.roots["pids"], at, "cgroup.procs"))
	if err != nil {
		return // it is removed already, or will be said to be busy
	}
	for _, text := range strings.Fields(string(list)) {
		if pid, err := strconv.Atoi(text); err == nil && pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
	}
}

func (c *cgroups) rmdir(at string) error {
	var errs []error
	for _, root := range c.roots {
		errs = append(errs, ignoreMissing(syscallRmdir(filepath.Join(root, at))))
	}
	return errors.Join(errs...)
}

func syscallRmdir(path string) error {
	if err := syscall.Rmdir(path); err != nil {
		return &fs.PathError{Op: "rmdir", Path: path, Err: err}
	}
	return nil
}

// close removes the data directory's group, with all that is in it.
func (c *cgroups) close() error {
	if c.name == "" {
		return nil
	}
	var errs []error
	for _, b := range []branch{sites, builds} {
		for _, group := range c.groups(b) {
			errs = append(errs, c.remove(group))
		}
		errs = append(errs, c.remove(string(b)))
	}
	return errors.Join(errs...)
}
