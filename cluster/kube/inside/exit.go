package inside

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
)

// neverStarted is how a program ended that was stopped while it was held.
func neverStarted() Termination {
	return Termination{Code: 128 + int(syscall.SIGTERM), Message: "stopped before it started"}
}

// notStarted is how a program ended that could not be started, with the codes that a shell
// has for it (POSIX.1-2017 XCU section 2.8.2).
func notStarted(err error, s Spec) Termination {
	code := 126
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = 127
	}
	if _, shell := os.Stat("/bin/sh"); len(s.Argv) == 0 && errors.Is(shell, fs.ErrNotExist) {
		return Termination{Code: code, Message: "could not be started: the image has no /bin/sh to run a command with; name a program and its arguments instead"}
	}
	return Termination{Code: code, Message: fmt.Sprintf("could not be started: %v", err)}
}

// ending is what is known of why a program ended.
type ending struct {
	outOfMemory bool
	timedOut    bool
	stopped     bool // a signal was sent because somebody wanted it to end
	killed      bool // SIGKILL too
}

// tell tells it to people.
func (e ending) tell(status syscall.WaitStatus, s Spec) Termination {
	code := status.ExitStatus()
	if status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return Termination{Code: code, Message: e.message(status, s)}
}

func (e ending) message(status syscall.WaitStatus, s Spec) string {
	switch {
	case e.outOfMemory && (status.Signaled() || status.ExitStatus() != 0):
		return "killed: it used more than " + size(s.Memory) + " of memory"
	case e.timedOut:
		return fmt.Sprintf("stopped: it ran longer than %v", s.Timeout)
	case !status.Signaled():
		return fmt.Sprintf("exit status %d", status.ExitStatus())
	case e.killed:
		return fmt.Sprintf("killed: it did not end within %v of SIGTERM", s.stopTimeout())
	case e.stopped:
		return "stopped by " + unix.SignalName(status.Signal())
	default:
		return "killed by " + unix.SignalName(status.Signal())
	}
}

func (s Spec) stopTimeout() time.Duration { return cmp.Or(s.StopTimeout, app.DefaultStopTimeout) }

// size writes bytes as people size memory.
func size(bytes int64) string {
	switch {
	case bytes <= 0:
		return "its limit"
	case bytes < 1<<20:
		return fmt.Sprintf("%d KB", bytes>>10)
	default:
		return fmt.Sprintf("%d MB", bytes>>20)
	}
}
