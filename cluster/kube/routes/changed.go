package routes

import "sync"

// changed is the set of Services to look at again, each once however often it changed. It
// is safe for concurrent use.
type changed struct {
	wake chan struct{} // has one when the set is not empty

	mu    sync.Mutex
	names map[string]struct{}
}

func newChanged() *changed {
	return &changed{wake: make(chan struct{}, 1), names: map[string]struct{}{}}
}

func (c *changed) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[name] = struct{}{}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns the set and empties it.
func (c *changed) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, 0, len(c.names))
	for name := range c.names {
		names = append(names, name)
	}
	clear(c.names)
	return names
}
