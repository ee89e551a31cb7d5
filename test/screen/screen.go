// Package screen keeps what is written, for tests that read meanwhile.
package screen

import (
	"bytes"
	"sync"
)

// Screen shows all that was written to it so far. The zero value is empty. It is safe for
// concurrent use.
type Screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer. It never fails.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String returns what was written so far.
func (s *Screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
