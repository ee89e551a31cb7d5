package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
)

// codeLost is the exit code of a one-off that the supervisor lost.
const codeLost = 137

// lost is how a one-off ended whose supervisor was killed.
func lost() app.Exit {
	return app.Exit{Code: codeLost, Message: "lost when the supervisor was killed", Ended: time.Now()}
}

// neverStarted is how a process ended that was stopped while it was held.
func neverStarted() app.Exit {
	return app.Exit{Code: 128 + int(syscall.SIGTERM), Message: "stopped before it started", Ended: time.Now()}
}

// notStarted is how a process ended whose program could not be started, with the codes
// that a shell has for it (POSIX.1-2017 XCU section 2.8.2).
func notStarted(err error) app.Exit {
	code := 126
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = 127
	}
	return app.Exit{Code: code, Message: fmt.Sprintf("could not be started: %v", err), Ended: time.Now()}
}

// ending is what is known of why a program ended.
type ending struct {
	status      syscall.WaitStatus
	outOfMemory bool
	most        int64 // how many processes it may have, when it wanted more; else 0
	timedOut    bool
	stopped     bool // SIGTERM was sent because somebody wanted it to end
	killed      bool // SIGKILL too
}

// exit tells it to people.
func (e ending) exit(s Spec) app.Exit {
	code := e.status.ExitStatus()
	if e.status.Signaled() {
		code = 128 + int(e.status.Signal())
	}
	return app.Exit{Code: code, Message: e.message(s), Ended: time.Now()}
}

func (e ending) message(s Spec) string {
	switch {
	case e.outOfMemory && (e.status.Signaled() || e.status.ExitStatus() != 0):
		return "killed: it used more than " + memory(s.MemoryLimit) + " of memory"
	case e.timedOut:
		return fmt.Sprintf("stopped: it ran longer than %v", s.Timeout)
	case e.most > 0 && e.status.ExitStatus() > 0:
		return fmt.Sprintf("exit status %d; it may have %d processes and threads at once, and wanted more", e.status.ExitStatus(), e.most)
	case !e.status.Signaled():
		return fmt.Sprintf("exit status %d", e.status.ExitStatus())
	case e.killed:
		return fmt.Sprintf("killed: it did not end within %v of SIGTERM", s.stopTimeout())
	case e.stopped:
		return "stopped by " + unix.SignalName(e.status.Signal())
	default:
		return "killed by " + unix.SignalName(e.status.Signal())
	}
}

// memory writes bytes as people size memory.
func memory(bytes int64) string {
	switch {
	case bytes <= 0:
		return "its limit"
	case bytes < 1<<20:
		return fmt.Sprintf("%d KB", bytes>>10)
	default:
		return fmt.Sprintf("%d MB", bytes>>20)
	}
}
