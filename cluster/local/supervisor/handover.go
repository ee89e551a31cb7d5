package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"gondor/app"
)

// The environment of a program that is to take a supervisor's place.
const (
	// envHandover is the descriptor of a file that holds a handover.
	envHandover = "GONDOR_SUPERVISOR_HANDOVER"
	// envRehearsal asks it to say only whether it understands the handover on its standard
	// input, by the line understood.
	envRehearsal = "GONDOR_SUPERVISOR_REHEARSAL"
)

const (
	// handoverFormat is raised when older supervisors must not read a handover any more; a
	// field that they may ignore needs no other.
	handoverFormat = 1
	understood     = "gondor supervisor: understood\n"
)

// handover is what a supervisor gives to the program that takes its place by exec: this
// process stays the parent of all programs, and the descriptors stay open.
type handover struct {
	Format    int
	Lock      int            // descriptor of the lock
	Socket    int            // of the socket on which it answers
	Listening map[string]int // of the sockets that are kept, as in sockets
	Processes []handedProcess
}

// handedProcess is one process.
type handedProcess struct {
	Record   record
	Next     time.Time     // as Status has it
	Delay    time.Duration // as backoff has it
	TimedOut bool
	Killed   bool
	KillAt   time.Time
	Tail     []string
	Program  *handedProgram // nil when none runs
}

// handedProgram is a program that runs, or has ended and was not reaped.
type handedProgram struct {
	Started time.Time
	OOMs    int64
	Refused int64 // as program has them
	Input   int   // descriptor; -1 without a standard input
	Outputs []handedOutput
}

// handedOutput is one output of a program.
type handedOutput struct {
	File    int    // descriptor
	Partial []byte // a line that has not ended
	Flushed bool   // its beginning was given out
}

// rehearse says whether this program understands a handover.
func rehearse(from io.Reader, to io.Writer) error {
	if _, err := readHandover(from); err != nil {
		return err
	}
	_, err := io.WriteString(to, understood)
	return err
}

// inherited returns what the supervisor handed over whose place this one takes; nil when it
// takes nobody's.
func inherited() (*handover, error) {
	text := os.Getenv(envHandover)
	if text == "" {
		return nil, nil //nolint:nilnil // most supervisors begin anew
	}
	fd, err := strconv.Atoi(text)
	if err := errors.Join(err, os.Unsetenv(envHandover)); err != nil {
		return nil, fmt.Errorf("find what was handed over: %w", err)
	}
	file := os.NewFile(uintptr(fd), "handover")
	h, err := readHandover(file)
	return h, errors.Join(err, file.Close())
}

// readHandover reads a handover and refuses one that it can't carry on.
func readHandover(from io.Reader) (*handover, error) {
	h := &handover{}
	if err := json.NewDecoder(from).Decode(h); err != nil {
		return nil, fmt.Errorf("read what was handed over: %w", err)
	}
	if h.Format != handoverFormat {
		return nil, app.Fault(app.CodeUnavailable, "a handover of format %d can't be read; this one reads format %d", h.Format, handoverFormat)
	}
	for _, p := range h.Processes {
		if err := p.Record.Spec.Check(); err != nil {
			return nil, fmt.Errorf("read what was handed over of %s: %w", p.Record.Spec.ID, err)
		}
	}
	return h, nil
}

// write writes it to a file without a name, to be read from its beginning.
func (h *handover) write(dir string) (*os.File, error) {
	f, err := nameless(dir)
	if err != nil {
		return nil, fmt.Errorf("write down what is handed over: %w", err)
	}
	err = json.NewEncoder(f).Encode(h)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write down what is handed over: %w", err), f.Close())
	}
	return f, nil
}

// nameless makes a file that goes with the last descriptor of it.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "nameless-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lock is the lock of dir: what was handed over, or else taken now.
func (h *handover) lock(dir string) (*os.File, error) {
	if h == nil {
		return lock(dir)
	}
	f := os.NewFile(uintptr(h.Lock), "supervisor.lock")
	return f, inherit(f, false)
}
