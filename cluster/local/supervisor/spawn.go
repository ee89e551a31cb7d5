package supervisor

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"gondor/app"
)

// spawn starts the program of a process.
func (p *process) spawn() (*program, error) {
	path, err := findProgram(p.spec)
	if err != nil {
		return nil, err
	}
	path, argv := limited(path, p.spec)
	g := &program{process: p, started: time.Now(), ooms: oomKills(p.spec.Cgroups), drained: make(chan struct{})}
	ends, err := g.plumb()
	defer closeAll(ends)
	if err == nil && p.spec.Log != "" {
		g.writer, err = p.host.logs.Writer(p.spec.Log)
	}
	if err != nil {
		closeAll(append(g.outputs, g.input))
		return nil, err
	}
	if p.first != nil {
		p.first.program = g
		p.attached.Store(p.first)
	}
	g.pumps.Add(len(g.outputs))
	_, err = p.host.reaper.start(
		func() (pid int, err error) {
			g.pid, err = fork(path, argv, p.spec, descriptors(ends))
			return g.pid, err
		},
		func(s syscall.WaitStatus) { p.ended(g, s) },
	)
	if err != nil {
		g.pumps.Add(-len(g.outputs))
		g.drain()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	g.born, _ = birth(g.pid) // it may have ended
	return g, g.pumpAll()
}

// plumb makes the ends of pipes or of a terminal and returns the child's three.
func (g *program) plumb() ([]*os.File, error) {
	s := g.process.spec
	var ends []*os.File
	var err error
	if s.TTY {
		ends, err = g.plumbTerminal()
	} else {
		ends, err = g.plumbPipes()
	}
	if err != nil || s.Stdin {
		return ends, err
	}
	null, err := os.Open(os.DevNull)
	return append([]*os.File{null}, ends...), err
}

// plumbPipes returns the child's ends: standard input where it has one, output, error.
func (g *program) plumbPipes() ([]*os.File, error) {
	s := g.process.spec
	var ends []*os.File
	if s.Stdin {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		g.input, ends = w, append(ends, r)
	}
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			return ends, err
		}
		g.outputs, ends = append(g.outputs, r), append(ends, w)
		// So that it can open /dev/stdout, as some programs want to.
		own(w, s)
	}
	return ends, nil
}

func (g *program) plumbTerminal() ([]*os.File, error) {
	s := g.process.spec
	near, far, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	defer func() { _ = near.Close() }() // pollable copies of it are kept
	own(far, s)
	size := app.Window{Width: orElse(s.Width, 80), Height: orElse(s.Height, 24)}
	if err := setSize(int(far.Fd()), size); err != nil {
		return []*os.File{far}, err
	}
	output, err := pollable(near)
	if err != nil {
		return []*os.File{far}, err
	}
	g.outputs = []*os.File{output}
	if s.Stdin {
		g.input, err = pollable(near)
		return []*os.File{far, far, far}, err
	}
	return []*os.File{far, far}, nil
}

// pollable returns a copy of a terminal's end that goroutines wait for without a thread
// each.
func pollable(f *os.File) (*os.File, error) {
	var fd int
	err := control(f, func(old int) error {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		var err error
		if fd, err = unix.Dup(old); err == nil {
			unix.CloseOnExec(fd)
			err = unix.SetNonblock(fd, true)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// pumpAll begins to read the outputs.
func (g *program) pumpAll() error {
	kinds := []kind{kindStdout, kindStderr}
	streams := []app.Stream{app.Stdout, app.Stderr}
	for i, f := range g.outputs {
		raw, err := f.SyscallConn()
		if err != nil {
			return err
		}
		p := &pump{program: g, file: f, raw: raw, kind: kinds[i], stream: streams[i]}
		go p.run()
	}
	return nil
}

// own gives a file to the user that the process runs as.
func own(f *os.File, s Spec) {
	if s.UID != Same {
		_ = f.Chown(s.UID, -1) // it works without for most programs
	}
}

func descriptors(files []*os.File) []uintptr {
	var all []uintptr
	for _, f := range files {
		all = append(all, f.Fd()) // makes it blocking, as programs expect
	}
	return all
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

func orElse(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

// findProgram looks for the program in the PATH of its own environment.
func findProgram(s Spec) (string, error) {
	name := s.Argv[0]
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, v := range s.Env {
		list, found := strings.CutPrefix(v, "PATH=")
		for _, dir := range filepath.SplitList(list) {
			path := filepath.Join(dir, name)
			info, err := os.Stat(path)
			if found && filepath.IsAbs(dir) && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

// limiter is a shell script that limits itself and becomes the program: a limit can only
// be set by the process itself where root lacks CAP_SYS_RESOURCE, as in most containers.
// Shells call the number of processes -u or -p.
const limiter = `
[ "$1" = 0 ] || ulimit -n "$1" || exit 126
[ "$2" = 0 ] || ulimit -u "$2" 2>/dev/null || ulimit -p "$2" || exit 126
shift 2
exec "$@"`

// limited returns the program and its arguments, behind a limiter where there are limits.
func limited(path string, s Spec) (string, []string) {
	if s.NoFile == 0 && s.NProc == 0 {
		return path, s.Argv
	}
	argv := []string{"sh", "-c", limiter, "sh", fmt.Sprint(s.NoFile), fmt.Sprint(s.NProc), path}
	return "/bin/sh", append(argv, s.Argv[1:]...)
}

// credential is whom the process runs as, nil for the same as the supervisor.
func credential(s Spec) *syscall.Credential {
	if s.UID == Same && s.GID == Same {
		return nil
	}
	c := &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()), NoSetGroups: os.Geteuid() != 0}
	if s.UID != Same {
		c.Uid = uint32(s.UID)
	}
	if s.GID != Same {
		c.Gid = uint32(s.GID)
	}
	for _, g := range s.Groups {
		c.Groups = append(c.Groups, uint32(g))
	}
	return c
}
