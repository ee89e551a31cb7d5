package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"gondor/app"
)

// shell is a Session over a real process.
type shell struct {
	command string
	ended   chan error // gets what Join's context said when it returned
}

func newShell(format string, args ...any) *shell {
	return &shell{command: fmt.Sprintf(format, args...), ended: make(chan error, 1)}
}

func (s *shell) Join(ctx context.Context, streams app.Streams) (app.Exit, error) {
	defer func() { s.ended <- ctx.Err() }()
	cmd := exec.CommandContext(ctx, "sh", "-c", s.command)
	if streams.TTY {
		return joinTerminal(cmd, streams)
	}
	cmd.Stdout, cmd.Stderr = streams.Stdout, streams.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return app.Exit{}, err
	}
	if err := cmd.Start(); err != nil {
		return app.Exit{}, err
	}
	go func() {
		_, _ = io.Copy(stdin, streams.Stdin)
		stdin.Close()
	}()
	return exitOf(cmd.Wait())
}

func joinTerminal(cmd *exec.Cmd, streams app.Streams) (app.Exit, error) {
	size := &pty.Winsize{Rows: uint16(streams.Window.Height), Cols: uint16(streams.Window.Width)}
	terminal, err := pty.StartWithSize(cmd, size)
	if err != nil {
		return app.Exit{}, err
	}
	over := make(chan struct{})
	var resizing sync.WaitGroup
	defer terminal.Close()
	defer resizing.Wait() // before the terminal is closed
	defer close(over)
	go func() { _, _ = io.Copy(terminal, streams.Stdin) }()
	resizing.Go(func() { followSize(terminal, streams.Resizes, over) })
	_, _ = io.Copy(streams.Stdout, terminal) // ends with EIO when the process has ended
	return exitOf(cmd.Wait())
}

func followSize(terminal *os.File, sizes <-chan app.Window, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case w, open := <-sizes:
			if !open {
				return
			}
			_ = pty.Setsize(terminal, &pty.Winsize{Rows: uint16(w.Height), Cols: uint16(w.Width)})
		}
	}
}

func exitOf(err error) (app.Exit, error) {
	var failed *exec.ExitError
	switch {
	case err == nil:
		return app.Exit{Ended: time.Now()}, nil
	case !errors.As(err, &failed):
		return app.Exit{}, err
	case failed.ExitCode() < 0:
		return app.Exit{Code: 137, Message: "killed"}, nil
	}
	return app.Exit{Code: failed.ExitCode(), Message: failed.Error()}, nil
}

// failing is a Session that can't be joined.
type failing struct{ err error }

func (f failing) Join(context.Context, app.Streams) (app.Exit, error) { return app.Exit{}, f.err }

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		if condition() {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("it never happened: %s", what)
}
