package app

import "sync"

// waits are the processes that somebody waits for, by what they belong to, so that nobody
// waits twice. It is safe for concurrent use.
type waits[K comparable] struct {
	mu      sync.Mutex
	waiting map[K]bool
}

func newWaits[K comparable]() *waits[K] { return &waits[K]{waiting: map[K]bool{}} }

// enter reports whether nobody waits yet; leave must follow.
func (w *waits[K]) enter(key K) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting[key] {
		return false
	}
	w.waiting[key] = true
	return true
}

func (w *waits[K]) leave(key K) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, key)
}

// has reports whether somebody waits.
func (w *waits[K]) has(key K) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting[key]
}
