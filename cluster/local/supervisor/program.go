package supervisor

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/logfile"
)

const (
	// drainTime is how long an output is read on after its program has ended, when
	// something else still holds the other end.
	drainTime = time.Second
	// drainBytes is how much of it is read then: the most that a pipe holds.
	drainBytes = 1 << 20
)

// program is one run of a process: from its start until it was reaped and its output read.
type program struct {
	process *process
	pid     int
	started time.Time
	born    string // see birth
	ooms    int64  // kills for memory in its cgroups before it started
	refused int64  // forks in its cgroups before it started
	input   *os.File
	outputs []*os.File
	pumps   []*pump
	writer  *logfile.Writer // nil without a log
	drained chan struct{}   // closed when all output has been delivered

	mu      sync.Mutex
	ending  bool // it was reaped
	paused  bool // nothing of its output is read for now
	reading sync.WaitGroup
}

// signal sends a signal to the program's group; errNotRunning when it was reaped.
func (g *program) signal(s syscall.Signal) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ending {
		return errNotRunning
	}
	return killGroup(g.pid, s)
}

// errNotRunning says that there is nothing to send a signal to.
var errNotRunning = app.Conflict("", "the process does not run")

// killGroup signals a process group; none there is no error.
func killGroup(pid int, s syscall.Signal) error {
	if err := unix.Kill(-pid, s); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}

// reaped kills what is left of the program and ends its output soon.
func (g *program) reaped() {
	g.mu.Lock()
	g.ending = true
	// Nobody else has this number yet: the system gives numbers in rising order.
	_ = killGroup(g.pid, syscall.SIGKILL)
	soon := time.Now().Add(drainTime)
	for _, f := range g.outputs {
		_ = f.SetReadDeadline(soon)
	}
	g.mu.Unlock()
	g.process.killRest(g.pid)
	g.process.host.draining.Go(g.drain)
}

// drain waits for the output to be delivered, however slowly, and closes the files.
func (g *program) drain() {
	g.reading.Wait()
	for _, f := range g.outputs {
		_ = f.Close()
	}
	if g.input != nil {
		_ = g.input.Close()
	}
	if g.writer != nil {
		g.writer.Release()
	}
	close(g.drained)
}

// quiet sets when reading the output should return although nothing was written; the
// zero time is never.
func (g *program) quiet(f *os.File, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.ending && !g.paused {
		_ = f.SetReadDeadline(at) // a file without deadlines only shows prompts late
	}
}

func (g *program) hasEnded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ending
}

// resize changes the size of the program's terminal.
func (g *program) resize(size app.Window) error {
	if !g.process.spec.TTY {
		return app.Conflict("", "the process has no terminal")
	}
	return control(g.outputs[0], func(fd int) error { return setSize(fd, size) })
}

// control calls fn with the file's descriptor, whose mode stays as it is.
func control(f *os.File, fn func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = fn(int(fd)) })
	return errors.Join(err, failed)
}

func setSize(fd int, size app.Window) error {
	clamp := func(n int) uint16 { return uint16(min(max(n, 0), 1<<16-1)) }
	return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: clamp(size.Width), Row: clamp(size.Height)})
}
