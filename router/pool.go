package router

import (
	"slices"
	"sync"
	"time"
)

// pool keeps the unused connections to one backend, the latest used on top. A closed
// pool keeps none.
type pool struct {
	mu     sync.Mutex
	closed bool
	conns  []*conn
}

// mostKept bounds the unused connections per backend.
const mostKept = 256

// trusted is how long ago a connection may have been used to carry what can't be sent
// again: the longer it is kept, the likelier the backend closes it at this very moment.
const trusted = time.Second

// take returns a kept connection that is still good as far as can be seen, or nil.
// Which ones are looked at costs a system call, so that those used a moment ago are not
// unless exact is asked for, for a request that can't be sent again.
func (p *pool) take(now time.Time, exact bool) *conn {
	oldest := time.Time{}
	if exact {
		oldest = now.Add(-trusted)
	}
	for {
		c := p.pop(oldest)
		if c == nil {
			return nil
		}
		recent := now.Sub(c.since) < 100*time.Millisecond
		if recent && !exact || c.quiet() {
			return c
		}
		c.Close()
	}
}

// pop takes the connection used last out, unless that was before oldest.
func (p *pool) pop(oldest time.Time) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.conns) - 1
	if last < 0 || p.conns[last].since.Before(oldest) {
		return nil
	}
	c := p.conns[last]
	p.conns[last] = nil
	p.conns = p.conns[:last]
	return c
}

// put keeps the connection, or closes it when the pool is closed or full.
func (p *pool) put(c *conn, now time.Time) {
	c.since = now
	if !p.keep(c) {
		c.Close()
	}
}

func (p *pool) keep(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) >= mostKept {
		return false
	}
	p.conns = append(p.conns, c)
	return true
}

// open lets the pool keep connections.
func (p *pool) open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
}

// close closes what is kept and whatever is put later.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	conns := p.conns
	p.conns = nil
	p.mu.Unlock()
	closeAll(conns)
}

// expire closes the connections that nobody has used since before.
func (p *pool) expire(before time.Time) {
	p.mu.Lock()
	young := slices.IndexFunc(p.conns, func(c *conn) bool { return c.since.After(before) })
	if young < 0 {
		young = len(p.conns)
	}
	old := slices.Clone(p.conns[:young])
	p.conns = slices.Delete(p.conns, 0, young)
	p.mu.Unlock()
	closeAll(old)
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		c.Close()
	}
}
