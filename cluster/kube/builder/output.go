package builder

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"gondor/app"
	"gondor/cluster/hide"
	"gondor/cluster/logfile"
)

// output sends messages. It is safe for concurrent use.
type output struct {
	mu sync.Mutex
	to io.Writer
}

func (o *output) send(m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := o.to.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("tell of the build: %w", err)
	}
	return nil
}

// The last lines of a step that its failure is told with, as many as any process's.
const (
	tailLines = 20
	tailText  = 512
)

// tail keeps the last lines of a step. It is safe for concurrent use.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, line[:min(len(line), tailText)])
}

// longestLine is where a line without an end is cut: beyond any secret.
const longestLine = 64 << 10

// stepOutput makes lines of one stream of a step, without the build's variables.
type stepOutput struct {
	stream app.Stream
	hidden hide.Secrets
	out    *output
	tail   *tail
	lines  logfile.Splitter
	failed error
}

// Write implements io.Writer. It fails once nobody can be told of the build.
func (w *stepOutput) Write(p []byte) (int, error) {
	w.lines.Add(p, w.line)
	return len(p), w.failed
}

func (w *stepOutput) flush() { w.lines.Flush(w.line) }

func (w *stepOutput) line(text string) {
	text = w.hidden.Hide(text)
	w.tail.add(text)
	if err := w.out.send(Message{Stream: w.stream, Text: text}); err != nil {
		w.failed = err
	}
}
