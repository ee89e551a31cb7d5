package inside

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/command"
)

// lateOutput is how long an output is read on after the program has ended, when something
// else still holds its other end.
const lateOutput = time.Second

// program is the child of process 1, with the near ends of its pipes or terminal.
type program struct {
	spec     Spec
	pid      int
	input    *os.File // nil when it has none
	outputs  []*os.File
	session  atomic.Pointer[session] // who is attached
	reading  sync.WaitGroup
	drained  chan struct{} // closed when all output has been delivered
	mu       sync.Mutex
	hasEnded bool // its output ends soon
}

// startProgram starts the program of the spec in a session and process group of its own.
// Whoever is attached sees its output from the beginning.
func startProgram(s Spec, dir string, env command.Environment, out *output, first *session) (*program, error) {
	list := env.List()
	argv := s.Argv
	if len(argv) == 0 {
		argv = command.Shell(s.Command)
	}
	path, err := command.Find(argv[0], list)
	if err != nil {
		return nil, err
	}
	g := &program{spec: s, drained: make(chan struct{})}
	g.session.Store(first)
	ends, err := g.plumb()
	defer closeAll(ends)
	if err == nil {
		err = g.fork(path, argv, dir, list, ends)
	}
	if err != nil {
		closeAll(append(g.outputs, g.input))
		return nil, err
	}
	g.read(out)
	return g, nil
}

// fork starts the child with the far ends as its standard files.
func (g *program) fork(path string, argv []string, dir string, env []string, ends []*os.File) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%w: its directory %s", errors.Unwrap(err), dir)
	}
	var files []uintptr
	for _, f := range ends {
		files = append(files, f.Fd()) // makes it blocking, as programs expect
	}
	attributes := &syscall.ProcAttr{
		Dir: dir, Env: env, Files: files,
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: g.spec.TTY, Ctty: 1},
	}
	pid, err := syscall.ForkExec(path, argv, attributes)
	if err != nil {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	g.pid = pid
	return nil
}

// read begins to read the outputs.
func (g *program) read(out *output) {
	kinds := []kind{kindStdout, kindStderr}
	streams := []app.Stream{app.Stdout, app.Stderr}
	for i, f := range g.outputs {
		p := newPump(g, f, kinds[i], streams[i], out)
		g.reading.Go(p.run)
	}
	go func() {
		g.reading.Wait()
		closeAll(append(g.outputs, g.input))
		close(g.drained)
	}()
}

// signal sends a signal to the program's group.
func (g *program) signal(s syscall.Signal) {
	_ = unix.Kill(-g.pid, s) // all of it may have ended
}

// ended kills what is left of the program's group and has its output end soon.
func (g *program) ended() {
	g.signal(syscall.SIGKILL)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hasEnded = true
	for _, f := range g.outputs {
		_ = f.SetReadDeadline(time.Now().Add(lateOutput)) // one that is closed needs none
	}
}

// quiet sets when reading the output returns although nothing was written; the zero time
// is never.
func (g *program) quiet(f *os.File, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.hasEnded {
		_ = f.SetReadDeadline(at) // a file without deadlines only shows prompts late
	}
}

func (g *program) isOver() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hasEnded
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // a terminal stands for several of them
		}
	}
}
