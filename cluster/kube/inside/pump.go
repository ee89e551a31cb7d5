package inside

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/logfile"
)

const (
	// promptTime is how long a line without an end is held back from the container's output.
	promptTime = 300 * time.Millisecond
	// mostLine is the longest line with its marker, less than the 16 KB that container
	// runtimes take in one piece.
	mostLine = logfile.MaxText - 16
	// mostLate is how much is read of what waits in an output that something else holds,
	// the most that a pipe has.
	mostLate = 1 << 20
)

// pump carries one output of a program to the container's and to whoever is attached.
type pump struct {
	program *program
	file    *os.File
	kind    kind
	stream  app.Stream
	out     *output
	split   logfile.Splitter
	lines   []byte // that the present chunk completes
	waiting bool   // a deadline is set for a line without an end
}

func newPump(g *program, f *os.File, k kind, stream app.Stream, out *output) *pump {
	return &pump{program: g, file: f, kind: k, stream: stream, out: out, split: logfile.Splitter{Limit: mostLine}}
}

// run reads until the end of the output. A terminal ends with EIO.
func (p *pump) run() {
	defer p.flush()
	buf := make([]byte, maxFrame)
	for {
		n, err := p.file.Read(buf)
		p.deliver(buf[:n])
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && p.program.isOver():
			p.readLate(buf)
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			p.flush()
			p.program.quiet(p.file, time.Time{})
			p.waiting = false
		default:
			return
		}
	}
}

// readLate reads what is there without waiting for more.
func (p *pump) readLate(buf []byte) {
	for left := mostLate; left > 0; {
		n := 0
		err := control(p.file, func(fd int) (err error) {
			n, err = unix.Read(fd, buf)
			return err
		})
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		p.deliver(buf[:n])
		left -= n
	}
}

// deliver writes to the container's output first: who is attached may make it wait.
func (p *pump) deliver(chunk []byte) {
	if len(chunk) == 0 {
		return
	}
	if p.program.spec.Log {
		p.split.Add(chunk, p.add)
		p.write()
		if p.waiting != p.split.Waiting() {
			p.waiting = p.split.Waiting()
			p.program.quiet(p.file, p.prompt())
		}
	}
	if s := p.program.session.Load(); s != nil {
		s.deliver(p.kind, chunk)
	}
}

// prompt is when the present line is written even without an end.
func (p *pump) prompt() time.Time {
	if !p.waiting {
		return time.Time{}
	}
	return time.Now().Add(promptTime)
}

// flush writes the line that has no end.
func (p *pump) flush() {
	p.split.Flush(p.add)
	p.write()
}

func (p *pump) add(line string) { p.lines = appendLine(p.lines, p.stream, line) }

func (p *pump) write() {
	p.out.write(p.lines)
	p.lines = p.lines[:0]
	if cap(p.lines) > 2*maxFrame {
		p.lines = nil // many short lines grow; an idle program keeps no such buffer
	}
}
