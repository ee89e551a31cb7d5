package supervisor

import (
	"fmt"
	"os"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"gondor/app"
)

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
