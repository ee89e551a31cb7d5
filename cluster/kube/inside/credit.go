package inside

import (
	"context"
	"sync"
)

// credit is the room that process 1 has for standard input. It is safe for concurrent use.
type credit struct {
	mu    sync.Mutex
	used  int
	freed chan struct{} // has one element when some was given back
}

func newCredit() *credit { return &credit{freed: make(chan struct{}, 1)} }

// take waits until there is room for so many bytes, which is never more than all of it.
func (c *credit) take(ctx context.Context, bytes int) error {
	for !c.tryTake(bytes) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.freed:
		}
	}
	return ctx.Err()
}

func (c *credit) tryTake(bytes int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used+bytes > window {
		return false
	}
	c.used += bytes
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
	select {
	case c.freed <- struct{}{}:
	default:
	}
	return nil
}
