package router

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gondor/app"
)

// backend is one address that takes requests, whichever routes name it. It lives from
// the first table that names it until it is in none and nothing is in flight.
type backend struct {
	address  string
	inFlight atomic.Int64
	// outUntil is when a backend that did not take a connection is tried again, in
	// nanoseconds of Unix time; 0 while it is in the rotation.
	outUntil atomic.Int64
	failures atomic.Int32 // connections refused since the last one taken
	overdue  atomic.Bool  // its time to drain is over

	pool pool

	mu      sync.Mutex
	waiting []chan struct{}      // of drains; each closed when nothing is in flight
	tunnels map[*tunnel]struct{} // open ones
}

// The moments that a backend which takes no connection is out of the rotation.
const (
	firstOut = time.Second
	longOut  = 10 * time.Second
)

// enter counts a request in; every enter needs a leave.
func (b *backend) enter() { b.inFlight.Add(1) }

// leave counts a request out and wakes the drains behind the last one.
func (b *backend) leave() {
	if b.inFlight.Add(-1) > 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inFlight.Load() > 0 {
		return
	}
	for _, done := range b.waiting {
		close(done)
	}
	b.waiting = nil
}

// refused takes the backend out of the rotation: for 1 s first, twice as long each time
// that it fails again, 10 s at most. It reports whether it was in the rotation.
func (b *backend) refused(now time.Time) bool {
	n := b.failures.Add(1)
	out := min(firstOut<<min(n-1, 4), longOut)
	b.outUntil.Store(now.Add(out).UnixNano())
	return n == 1
}

// taken puts the backend back into the rotation.
func (b *backend) taken() {
	if b.failures.Load() != 0 {
		b.failures.Store(0)
		b.outUntil.Store(0)
	}
}

// ready reports whether the backend may be picked. When its moment out is over, one
// request may try it and the others wait for what becomes of that one.
func (b *backend) ready(now time.Time) bool {
	until := b.outUntil.Load()
	if until == 0 {
		return true
	}
	return now.UnixNano() >= until && b.outUntil.CompareAndSwap(until, now.Add(firstOut).UnixNano())
}

// pick returns the backend with the least in flight that is in the rotation and has not
// been tried, at random among equals. When all are out it takes one of those; nil when
// every one has been tried.
func (rt *route) pick(tried []*backend, now time.Time) *backend {
	if found := rt.least(tried, func(b *backend) bool { return b.ready(now) }); found != nil {
		return found
	}
	return rt.least(tried, func(*backend) bool { return true })
}

func (rt *route) least(tried []*backend, fits func(*backend) bool) *backend {
	var best *backend
	n := len(rt.backends)
	start := 0
	if n > 1 {
		start = rand.IntN(n)
	}
	for i := range n {
		b := rt.backends[(start+i)%n]
		if best != nil && b.inFlight.Load() >= best.inFlight.Load() {
			continue
		}
		if !slices.Contains(tried, b) && fits(b) {
			best = b
		}
	}
	return best
}

// backends are all that are in the table or have something in flight.
type backends struct {
	mu        sync.Mutex
	byAddress map[string]*backend
}

// resolve returns the route with the backends of its addresses, made where they are new.
func (s *backends) resolve(r app.Route) *route {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := &route{Route: r, backends: s.named(r.Backends), others: s.named(r.Others)}
	for _, b := range found.backends {
		b.pool.open()
		b.overdue.Store(false)
	}
	return found
}

// named returns the backends of addresses. The caller holds the lock.
func (s *backends) named(list []app.Backend) []*backend {
	var found []*backend
	for _, one := range list {
		b, ok := s.byAddress[one.Address]
		if !ok {
			b = &backend{address: one.Address, tunnels: map[*tunnel]struct{}{}}
			s.byAddress[one.Address] = b
		}
		found = append(found, b)
	}
	return found
}

// retain closes the pools of the backends that no route sends requests to, and forgets
// those that the table does not name and that have nothing in flight.
func (s *backends) retain(t *table) {
	routed, others := map[*backend]bool{}, map[*backend]bool{}
	for _, rt := range t.routes {
		for _, b := range rt.backends {
			routed[b] = true
		}
		for _, b := range rt.others {
			others[b] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for address, b := range s.byAddress {
		if routed[b] {
			continue
		}
		b.pool.close()
		if !others[b] && b.inFlight.Load() == 0 {
			delete(s.byAddress, address)
		}
	}
}

// expire closes the connections kept since before the given time.
func (s *backends) expire(before time.Time) {
	for _, b := range s.all() {
		b.pool.expire(before)
	}
}

func (s *backends) all() []*backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*backend, 0, len(s.byAddress))
	for _, b := range s.byAddress {
		all = append(all, b)
	}
	return all
}

func (s *backends) find(address string) *backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byAddress[address]
}
