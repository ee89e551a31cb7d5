package inside

import "sync"

// credit is the room that the far end has for bytes that it has not passed on yet. It is
// safe for concurrent use.
type credit struct {
	mu    sync.Mutex
	used  int
	freed chan struct{} // has one element when some was given back
}

func newCredit() *credit { return &credit{freed: make(chan struct{}, 1)} }

// take waits until there is room for so many bytes, which is never more than all of it. It
// reports false when done was closed before.
func (c *credit) take(done <-chan struct{}, bytes int) bool {
	for !c.tryTake(bytes) {
		select {
		case <-done:
			return false
		case <-c.freed:
		}
	}
	return true
}

func (c *credit) tryTake(bytes int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used+bytes > window {
		return false
	}
	c.used += bytes
	if c.used < window {
		c.signal() // others may wait for less
	}
	return true
}

// give gives room back. Nobody can give more than was taken.
func (c *credit) give(bytes int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes < 0 || bytes > c.used {
		return errFrame
	}
	c.used -= bytes
	c.signal()
	return nil
}

func (c *credit) signal() {
	select {
	case c.freed <- struct{}{}:
	default:
	}
}

// passed counts what was passed on since the far end was last given room for it. It is for
// one goroutine.
type passed int

// add returns the contents of a kindCredit once it is worth one, else nil.
func (p *passed) add(bytes int) []byte {
	*p += passed(bytes)
	if *p < someCredit {
		return nil
	}
	credit := encodeCredit(int(*p))
	*p = 0
	return credit
}
