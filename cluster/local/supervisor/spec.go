package supervisor

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"gondor/app"
	"gondor/cluster/logfile"
)

// Same is the UID or GID of a process that keeps the supervisor's own.
const Same = -1

// DefaultStopTimeout is the StopTimeout of a Spec that names none.
const DefaultStopTimeout = 30 * time.Second

// Spec says what to run and how. It can't be changed later: another ID is another process.
type Spec struct {
	// ID is chosen by the caller and unique for ever: up to 200 letters, digits and the
	// characters "._:/-", beginning with a letter or digit.
	ID string
	// Argv is the program and its arguments. A program without a slash is looked for in
	// the PATH of Env.
	Argv []string
	// Env is the whole environment, each "KEY=VALUE"; nothing is inherited.
	Env []string
	// Dir is the working directory, absolute.
	Dir string

	UID, GID int   // whom it runs as; Same keeps the supervisor's own. Others need root.
	Groups   []int // its other groups, when UID is not Same

	TTY           bool // it gets a terminal: one output stream, window changes
	Width, Height int  // the terminal's first size in characters; 80 by 24 when 0
	Stdin         bool // it reads what is attached; otherwise its standard input is empty
	Hold          bool // it does not start until somebody attaches
	Ephemeral     bool // it is stopped when who attached has gone

	// Restart starts it again whenever it ends by itself: at once the first time, then
	// after 1 s, doubling up to 60 s; at once again after 60 s of life. It ends with the
	// supervisor: who wants it again starts it again, when all can't start at once.
	Restart     bool
	Timeout     time.Duration // after which it is stopped, from its start; 0 is never
	StopTimeout time.Duration // between SIGTERM and SIGKILL; 0 is DefaultStopTimeout

	// Log is where its output is kept, under its ID; empty for none.
	Log app.LogName
	// Labels are the caller's own and are given back in Status.
	Labels map[string]string

	// Cgroups are the directories of cgroups that it is born in: any number of version 1,
	// at most one of version 2. They must exist whenever it starts and belong to this
	// process alone: whatever is left in them when it ends is killed. Linux only.
	Cgroups []string
	// MemoryLimit is the memory that its cgroup allows, in bytes. It is only told, in the
	// message of a process that was killed for it; the cgroup enforces it.
	MemoryLimit int64
	// NoFile and NProc limit its open files and its user's processes (setrlimit(2)); 0
	// leaves them. The program's argv[0] is its whole path then.
	NoFile, NProc uint64
	// Nice is added to its priority: 0 to 19.
	Nice int
	// SpareCPU leaves one CPU to others, if there are several. Linux only.
	SpareCPU bool
}

// State says how a process is; the package's comment has the picture.
type State string

// The states of a process.
const (
	StateHeld    State = "held"    // it starts when somebody attaches
	StateRunning State = "running" // its present program runs, or is being stopped
	StateWaiting State = "waiting" // it ended by itself and is started again at Next
	StateExited  State = "exited"  // it has ended for good; Exit says how
	StateRemoved State = "removed" // told once by Watch; List does not have it
)

// Status is the present state of one process.
type Status struct {
	ID       string
	State    State
	PID      int               // of its present program and process group; 0 when none runs
	Started  time.Time         // of its present or last program; zero before the first
	Next     time.Time         // when it is started again, in StateWaiting
	Restarts int               // how often it ended by itself and was to start again
	Exit     app.Exit          // how its last program ended; zero before that
	Stopping bool              // Stop or Remove was called
	Labels   map[string]string // of its Spec
	Log      app.LogName       // of its Spec
	Tail     []string          // the last 20 lines it wrote, each cut at 512 bytes
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$`)

// Check says what is wrong with the spec, as an error of CodeInvalid.
func (s Spec) Check() error {
	switch {
	case !idPattern.MatchString(s.ID):
		return app.Invalid("id", "%q can't be the ID of a process; use up to 200 letters, digits and . _ : / -", s.ID)
	case len(s.Argv) == 0 || s.Argv[0] == "":
		return app.Invalid("argv", "is missing; name the program to run")
	case !strings.HasPrefix(s.Dir, "/"):
		return app.Invalid("dir", "%q is not an absolute path", s.Dir)
	case s.UID < Same || s.GID < Same:
		return app.Invalid("uid", "%d:%d can't be a user and group; use -1 for the same", s.UID, s.GID)
	case s.Nice < 0 || s.Nice > 19:
		return app.Invalid("nice", "%d is out of range; use 0 to 19", s.Nice)
	case s.Timeout < 0 || s.StopTimeout < 0:
		return app.Invalid("timeout", "can't be negative")
	}
	if s.Log != "" {
		if err := logfile.CheckName(s.Log); err != nil {
			return err
		}
	}
	return s.checkTexts()
}

// checkTexts refuses what neither a program's arguments nor JSON could carry.
func (s Spec) checkTexts() error {
	for _, list := range [][]string{s.Argv, s.Env, s.Cgroups, {s.Dir}} {
		for _, text := range list {
			if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
				return app.Invalid("argv", "an argument or variable holds a NUL byte or is not UTF-8")
			}
		}
	}
	return nil
}

// kept reports whether lines are made of its output: nobody but the attached sees what is
// written without a log to a terminal, or by what ends with who is attached.
func (s Spec) kept() bool { return s.Log != "" || !s.TTY && !s.Ephemeral }

func (s Spec) stopTimeout() time.Duration {
	if s.StopTimeout == 0 {
		return DefaultStopTimeout
	}
	return s.StopTimeout
}
