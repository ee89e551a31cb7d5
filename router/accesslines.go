package router

import (
	"errors"
	"io"
	"sync"
	"time"
)

// AccessLines is an AccessLog that writes lines, collected for half a second or 64 KiB.
// Make one with NewAccessLines; Close it in the end.
type AccessLines struct {
	mu     sync.Mutex
	to     io.Writer
	lines  []byte
	flush  *time.Timer // runs while there are lines
	closed bool
	err    error // the first of a write, told by Close
}

const (
	linesSpace = 64 << 10
	linesDelay = 500 * time.Millisecond
)

// NewAccessLines returns a log that writes to the writer, in the form of Access.Append.
func NewAccessLines(to io.Writer) *AccessLines {
	return &AccessLines{to: to, lines: make([]byte, 0, linesSpace)}
}

// Log implements AccessLog. After Close it does nothing.
func (l *AccessLines) Log(a Access) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if len(l.lines) == 0 {
		l.arm()
	}
	l.lines = append(a.Append(l.lines), '\n')
	if len(l.lines) > linesSpace-4<<10 {
		l.write()
	}
}

func (l *AccessLines) arm() {
	if l.flush == nil {
		l.flush = time.AfterFunc(linesDelay, l.Flush)
		return
	}
	l.flush.Reset(linesDelay)
}

// Flush writes what is collected.
func (l *AccessLines) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write()
}

func (l *AccessLines) write() {
	if len(l.lines) == 0 {
		return
	}
	if _, err := l.to.Write(l.lines); err != nil && l.err == nil {
		l.err = err
	}
	l.lines = l.lines[:0]
}

// Close writes what is collected and returns the first error of any write. It does not
// close the writer.
func (l *AccessLines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write()
	l.closed = true
	if l.flush != nil {
		l.flush.Stop()
	}
	return errors.Join(l.err)
}
