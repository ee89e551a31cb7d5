package supervisor

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/logfile"
)

// promptTime is how long a line without an end is held back from the log.
const promptTime = 300 * time.Millisecond

// chunks lends buffers to pumps for as long as they hold something: an idle process has none.
type chunks struct{ pool sync.Pool }

func (c *chunks) get() *[]byte {
	if b, ok := c.pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, maxData/2)
	return &b
}

// pump carries one output of a program to its log and to whoever is attached.
type pump struct {
	program *program
	file    *os.File
	raw     syscall.RawConn
	kind    kind
	stream  app.Stream
	split   logfile.Splitter
	waiting bool // a deadline is set for a line without an end
}

// run reads until the end of the output.
func (p *pump) run() {
	defer p.program.reading.Done()
	for {
		err := p.some(p.raw.Read)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && p.program.isPaused():
			return
		case errors.Is(err, os.ErrDeadlineExceeded) && p.program.hasEnded():
			p.rest()
			p.flush()
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			p.lull()
		case err != nil:
			p.flush()
			return
		}
	}
}

// some reads and delivers one piece. The buffer is only taken when there is something.
func (p *pump) some(read func(func(fd uintptr) bool) error) error {
	buffers := p.program.process.host.buffers
	var buf *[]byte
	var n int
	var failed error
	err := read(func(fd uintptr) bool {
		buf = buffers.get()
		n, failed = readOnce(int(fd), *buf)
		if errors.Is(failed, unix.EAGAIN) {
			buffers.pool.Put(buf)
			buf = nil
			return false
		}
		return true
	})
	if buf == nil {
		return errors.Join(err, failed)
	}
	defer buffers.pool.Put(buf)
	if n <= 0 {
		return errors.Join(io.EOF, failed) // a terminal ends with EIO
	}
	p.deliver((*buf)[:n])
	return nil
}

// lull gives a line without an end to the log, unless more has come meanwhile.
func (p *pump) lull() {
	if p.some(p.now) == nil {
		p.program.quiet(p.file, p.prompt())
		return
	}
	p.flush()
	p.program.quiet(p.file, time.Time{})
	p.waiting = false
}

// rest reads what is there without waiting for more.
func (p *pump) rest() {
	for left := drainBytes; left > 0; left -= maxData / 2 {
		if p.some(p.now) != nil {
			return
		}
	}
}

// now calls fn once, whether there is something to read or not.
func (p *pump) now(fn func(fd uintptr) bool) error {
	return p.raw.Control(func(fd uintptr) { fn(fd) })
}

// deliver writes to the log first: who is attached may make it wait.
func (p *pump) deliver(chunk []byte) {
	g := p.program
	if g.process.spec.kept() {
		var lines []app.LogLine
		p.split.Add(chunk, func(text string) { lines = append(lines, p.line(text)) })
		g.process.keep(g.writer, lines)
		if p.waiting != p.split.Waiting() {
			p.waiting = p.split.Waiting()
			g.quiet(p.file, p.prompt())
		}
	}
	if a := g.process.attached.Load(); a != nil && a.program == g {
		a.write(p.kind, chunk)
	}
}

// prompt is when the present line is given to the log even without an end.
func (p *pump) prompt() time.Time {
	if !p.waiting {
		return time.Time{}
	}
	return time.Now().Add(promptTime)
}

func (p *pump) flush() {
	p.split.Flush(func(text string) {
		p.program.process.keep(p.program.writer, []app.LogLine{p.line(text)})
	})
}

func (p *pump) line(text string) app.LogLine {
	return app.LogLine{Stream: p.stream, Replica: p.program.process.spec.ID, Text: text}
}

// readOnce reads unless a signal comes first.
func readOnce(fd int, buf []byte) (int, error) {
	for {
		n, err := unix.Read(fd, buf)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
