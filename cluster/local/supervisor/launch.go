package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gondor/app"
)

// LaunchOptions say how to start a supervisor.
type LaunchOptions struct {
	Dir  string   // its directory, absolute; made when missing
	Argv []string // the command that calls Run for Dir, program first, as a path
	Env  []string // its environment, which its processes don't get; nil is the caller's own
}

// Launch returns a client of the running supervisor of the directory, or starts one in a
// session of its own that survives the caller. It waits until it answers or ctx ends.
// Calling it several times at once starts one.
func Launch(ctx context.Context, o LaunchOptions) (*Client, error) {
	if c, err := Dial(ctx, o.Dir); err == nil {
		return c, nil
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the supervisor's directory: %w", err)
	}
	pid, err := detach(o)
	if err != nil {
		return nil, fmt.Errorf("start the supervisor: %w", err)
	}
	return await(ctx, o.Dir, pid)
}

// detach starts the command in its own session with its output in the supervisor's log.
func detach(o LaunchOptions) (int, error) {
	in, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(filepath.Join(o.Dir, logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = out.Close() }()
	if o.Env == nil {
		o.Env = os.Environ()
	}
	return syscall.ForkExec(o.Argv[0], o.Argv, &syscall.ProcAttr{
		Dir: o.Dir, Env: o.Env, Files: []uintptr{in.Fd(), out.Fd(), out.Fd()},
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
}

// await polls until a supervisor answers: this one, or another that was faster. Then this
// one is waited for, so that it can't take the other's place at some later moment.
func await(ctx context.Context, dir string, pid int) (*Client, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ended := false; ; {
		c := &Client{dir: dir}
		p, err := c.ask(ctx, request{Op: opVersion})
		ended = ended || gone(pid)
		switch {
		case err == nil && (p.PID == pid || ended):
			return c, nil
		case err != nil && ended && !locked(dir):
			return nil, app.Fault(app.CodeUnavailable, "the supervisor ended while starting; %s says why", filepath.Join(dir, logFile))
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// gone reports whether a child has ended, and reaps it.
func gone(pid int) bool {
	got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	return got == pid || errors.Is(err, syscall.ECHILD)
}
