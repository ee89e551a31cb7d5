package supervisor

import (
	"sync"

	"gondor/app"
)

const (
	tailLines = 20
	tailText  = 512
)

// tail keeps the last lines of a process. It is safe for concurrent use.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(lines []app.LogLine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range lines[max(0, len(lines)-tailLines):] {
		if len(t.lines) == tailLines {
			copy(t.lines, t.lines[1:])
			t.lines = t.lines[:tailLines-1]
		}
		t.lines = append(t.lines, shorten(line.Text))
	}
}

func (t *tail) get() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.lines...)
}

// shorten copies the beginning of a text, so that the whole of it need not be kept.
func shorten(text string) string {
	return string(append([]byte(nil), text[:min(len(text), tailText)]...))
}
