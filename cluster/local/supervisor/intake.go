package supervisor

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// intake takes the standard input that arrives, so that the connection is always read.
type intake struct {
	mu    sync.Mutex
	data  []byte
	ended bool
	wake  chan struct{}
}

// receive reads frames until the far end goes or breaks the rules.
func (in *intake) receive(conn *net.UnixConn) error {
	buf := make([]byte, maxData/2)
	for {
		k, data, err := readFrame(conn, buf)
		switch {
		case err != nil:
			return err
		case k == kindStdin:
			err = in.put(data)
		case k == kindEnd:
			in.end()
		default:
			err = errFrame
		}
		if err != nil {
			return err
		}
	}
}

func (in *intake) put(data []byte) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ended || len(in.data)+len(data) > window {
		return errFrame
	}
	in.data = append(in.data, data...)
	in.signal()
	return nil
}

func (in *intake) end() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ended = true
	in.signal()
}

func (in *intake) signal() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

func (in *intake) take() (data []byte, ended bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	data, in.data = in.data, nil
	return data, in.ended
}

// feed gives the program what arrives, and credit for it, until it ends or stop is closed.
// What it does not want any more is thrown away.
func (in *intake) feed(a *attachment, stop <-chan struct{}) {
	var last byte = '\n'
	for {
		data, ended := in.take()
		if len(data) > 0 {
			last = data[len(data)-1]
			a.program.take(data)
			a.write(kindCredit, binary.BigEndian.AppendUint32(nil, uint32(len(data))))
			continue
		}
		if ended {
			a.program.endInput(last)
			return
		}
		select {
		case <-in.wake:
		case <-stop:
			return
		}
	}
}

// take writes to the standard input, and waits while it is full.
func (g *program) take(data []byte) {
	if g.input != nil {
		_, _ = g.input.Write(data) // it has closed it, or ended
	}
}

// endInput closes the standard input. On a terminal that is the end-of-file character,
// twice behind an unfinished line, unless the program reads characters and not lines.
func (g *program) endInput(last byte) {
	switch {
	case g.input == nil:
	case !g.process.spec.TTY:
		_ = g.input.Close() // it may have ended
	case lineMode(g.input):
		eof := []byte{4, 4}
		if last == '\n' || last == '\r' {
			eof = eof[:1]
		}
		g.take(eof)
	}
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

// interrupt ends a write to the standard input that waits, and lets later ones wait again.
func (g *program) interrupt(done <-chan struct{}) {
	if g.input == nil {
		return
	}
	if err := g.input.SetWriteDeadline(time.Now()); errors.Is(err, os.ErrClosed) {
		return
	}
	<-done
	_ = g.input.SetWriteDeadline(time.Time{}) // it may have ended meanwhile
}
