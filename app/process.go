package app

import (
	"context"
	"io"
	"time"
)

// ProcessID identifies a one-off for ever. Whoever starts it chooses the ID, so that
// starting it again after a crash finds it.
type ProcessID string

// Process is a one-off: a release phase, a step of a build, a run.
type Process struct {
	ID          ProcessID
	Program     Program
	TTY         bool          // it has a terminal: one output stream, window changes
	Window      Window        // the terminal's first size
	Stdin       bool          // it reads what is attached; otherwise its standard input is empty
	Hold        bool          // it does not start until somebody attaches
	Ephemeral   bool          // it is stopped when who attached has gone
	Timeout     time.Duration // after which it is stopped; 0 is never
	StopTimeout time.Duration // between SIGTERM and SIGKILL; 0 is DefaultStopTimeout
	LogName     LogName       // where its output is kept; empty for a process whose output only the attached see
}

// Window is the size of a terminal in characters.
type Window struct{ Width, Height int }

// Streams are what somebody who attaches brings. A nil field is not attached. With a
// TTY all output goes to Stdout.
type Streams struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	TTY     bool
	Window  Window
	Resizes <-chan Window // closed, or nil, when there are none
}

// Exit is how a process ended.
type Exit struct {
	Code    int    // 0 to 255; 128+N after signal N, as a shell has it
	Message string // for people: "exit status 3", "killed: it used more than 256 MB of memory"
	Ended   time.Time
}

// Processes runs one-offs. A process's life hangs on no connection and not on Gondor's
// own. It is safe for concurrent use.
type Processes interface {
	// Start starts the process; starting the same ID again changes nothing, whether it
	// still runs or has ended.
	Start(ctx context.Context, p Process) error
	// Attach joins the streams to the process until it ends or ctx does: its output is
	// copied exactly, its input is closed when Stdin ends. One may be attached at a
	// time (CodeConflict). CodeNotFound when there is no such process.
	Attach(ctx context.Context, id ProcessID, s Streams) error
	// Wait returns how the process ended, waiting for it if need be; also after Gondor has
	// gone and come back. CodeNotFound when there is no such process.
	Wait(ctx context.Context, id ProcessID) (Exit, error)
	// Stop ends the process with SIGTERM, then SIGKILL. No error when it has ended.
	Stop(ctx context.Context, id ProcessID) error
	// Forget removes what is kept of an ended process; one that runs is stopped. No error
	// when there is none.
	Forget(ctx context.Context, id ProcessID) error
	// Kept lists the processes that were started and not forgotten, in no order; one that was
	// started a moment ago may be missing.
	Kept(ctx context.Context) ([]ProcessID, error)
}
