package local

import "sync"

// latest holds the newest value for one reader that may be slow.
type latest[T any] struct {
	mu    sync.Mutex
	value T
	ready chan struct{} // holds one token when there is a value that was not taken
}

func newLatest[T any]() *latest[T] { return &latest[T]{ready: make(chan struct{}, 1)} }

func (l *latest[T]) put(value T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.value = value
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// take returns the newest value, after a receive from ready.
func (l *latest[T]) take() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value
}
