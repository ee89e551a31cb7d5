package inside

import (
	"io"
	"strings"
	"sync"

	"gondor/app"
)

// output writes lines to the container's output, and waits while nobody reads it. It is
// safe for concurrent use.
type output struct {
	mu sync.Mutex
	w  io.Writer // nil: nothing is written
}

// write writes whole lines, each with its newline.
func (o *output) write(lines []byte) {
	if o.w == nil || len(lines) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = o.w.Write(lines) // whoever reads it has gone; the program runs on
}

// notes are what Gondor says in the container's output, beside the program: who says
// something never waits for who reads it.
type notes struct {
	out     *output
	pending chan string
	written sync.WaitGroup
}

// mostNotes is how many may wait.
const mostNotes = 16

func newNotes(out *output) *notes {
	n := &notes{out: out, pending: make(chan string, mostNotes)}
	n.written.Go(func() {
		for text := range n.pending {
			n.out.write(appendLine(nil, app.Gondor, strings.Join(strings.Fields(text), " ")))
		}
	})
	return n
}

// say writes a line of the stream Gondor. It reports false when too many wait already.
func (n *notes) say(text string) bool {
	select {
	case n.pending <- text:
		return true
	default:
		return false
	}
}

// end waits until everything is written. Nothing can be said any more.
func (n *notes) end() {
	close(n.pending)
	n.written.Wait()
}

// appendLine appends a marked line with its newline.
func appendLine(buf []byte, stream app.Stream, line string) []byte {
	buf = append(buf, marker(stream, line)...)
	buf = append(buf, line...)
	return append(buf, '\n')
}
