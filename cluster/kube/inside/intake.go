package inside

import (
	"errors"
	"os"
	"sync"
	"time"
)

// intake takes the standard input that arrives, so that the connection is always read.
type intake struct {
	wake  chan struct{} // has one element when there is something
	mu    sync.Mutex
	data  []byte
	spare []byte // has the space of what was taken last, as garbage is dear in little memory
	ended bool
}

func newIntake() *intake { return &intake{wake: make(chan struct{}, 1)} }

// put adds what arrived. It reports false when the far end sends more than it may.
func (in *intake) put(data []byte) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ended || len(in.data)+len(data) > window {
		return false
	}
	in.data = append(in.data, data...)
	in.signal()
	return true
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

// take returns what arrived, which is good until the next take.
func (in *intake) take() (data []byte, ended bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	data, in.data = in.data, in.spare[:0]
	in.spare = data
	return data, in.ended
}

// take writes to the program's standard input, and waits while it is full.
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
	case !g.spec.TTY:
		_ = g.input.Close() // it may have ended
	case lineMode(g.input):
		endOfFile := []byte{4, 4}
		if last == '\n' || last == '\r' {
			endOfFile = endOfFile[:1]
		}
		g.take(endOfFile)
	}
}

// interrupt ends a write to the standard input that waits, and lets later ones wait again
// once fed is closed.
func (g *program) interrupt(fed <-chan struct{}) {
	if g.input == nil {
		return
	}
	if err := g.input.SetWriteDeadline(time.Now()); errors.Is(err, os.ErrClosed) {
		return
	}
	<-fed
	_ = g.input.SetWriteDeadline(time.Time{}) // it may have ended meanwhile
}
