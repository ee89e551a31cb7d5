package inside

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"gondor/app"
)

// plumb makes the ends of pipes or of a terminal and returns the child's three.
func (g *program) plumb() ([]*os.File, error) {
	plumb := g.plumbPipes
	if g.spec.TTY {
		plumb = g.plumbTerminal
	}
	ends, err := plumb()
	if err != nil || g.spec.Stdin {
		return ends, err
	}
	null, err := os.Open(os.DevNull)
	return append([]*os.File{null}, ends...), err
}

// plumbPipes returns the child's ends: standard input where it has one, output, error.
func (g *program) plumbPipes() ([]*os.File, error) {
	var ends []*os.File
	if g.spec.Stdin {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
		g.input, ends = w, append(ends, r)
	}
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			return ends, fmt.Errorf("make a pipe: %w", err)
		}
		g.outputs, ends = append(g.outputs, r), append(ends, w)
	}
	return ends, nil
}

func (g *program) plumbTerminal() ([]*os.File, error) {
	near, far, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	defer func() { _ = near.Close() }() // a pollable copy of it is kept
	size := app.Window{Width: cmp.Or(g.spec.Window.Width, 80), Height: cmp.Or(g.spec.Window.Height, 24)}
	if err := setSize(far, size); err != nil {
		return []*os.File{far}, fmt.Errorf("size the terminal: %w", err)
	}
	both, err := pollable(near)
	if err != nil {
		return []*os.File{far}, fmt.Errorf("open a terminal: %w", err)
	}
	g.outputs = []*os.File{both}
	if !g.spec.Stdin {
		return []*os.File{far, far}, nil
	}
	g.input = both
	return []*os.File{far, far, far}, nil
}

// pollable returns a copy of a terminal's end that has deadlines.
func pollable(f *os.File) (*os.File, error) {
	var fd int
	err := control(f, func(old int) error {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		var err error
		if fd, err = unix.Dup(old); err != nil {
			return err
		}
		unix.CloseOnExec(fd)
		return unix.SetNonblock(fd, true)
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// resize changes the size of the program's terminal, if it has one.
func (g *program) resize(size app.Window) {
	if g.spec.TTY && size.Width > 0 && size.Height > 0 {
		_ = setSize(g.outputs[0], size) // it just ended
	}
}

func setSize(f *os.File, size app.Window) error {
	clamp := func(n int) uint16 { return uint16(min(max(n, 0), 1<<16-1)) }
	return control(f, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: clamp(size.Width), Row: clamp(size.Height)})
	})
}

// lineMode reports whether a terminal gathers lines and knows an end of file.
func lineMode(f *os.File) bool {
	canonical := false
	err := control(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		canonical = err == nil && t.Lflag&unix.ICANON != 0
		return err
	})
	return err == nil && canonical
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
