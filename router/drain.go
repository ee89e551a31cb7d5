package router

import (
	"context"
	"errors"
)

// Drain implements app.Drainer: it returns nil when no request and no tunnel is in
// flight to the address. When ctx ends first, it returns ctx's error; at the end of its
// time the tunnels are told to go away, WebSockets with a close frame of status 1001 (RFC
// 6455 section 7.4.1), and the requests that are cut off from then on are logged.
func (r *Router) Drain(ctx context.Context, address string) error {
	b := r.backends.find(address)
	if b == nil {
		return nil
	}
	select {
	case <-b.drained():
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			b.overdue.Store(true)
			b.closeTunnels(replaced, anyTunnel)
		}
		return ctx.Err()
	}
}

// drained returns a channel that is closed when nothing is in flight.
func (b *backend) drained() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := make(chan struct{})
	if b.inFlight.Load() == 0 {
		close(done)
		return done
	}
	b.waiting = append(b.waiting, done)
	return done
}

func anyTunnel(*tunnel) bool { return true }

// closeTunnels ends those tunnels that are meant, for a reason.
func (b *backend) closeTunnels(reason string, meant func(*tunnel) bool) {
	b.mu.Lock()
	open := make([]*tunnel, 0, len(b.tunnels))
	for t := range b.tunnels {
		if meant(t) {
			open = append(open, t)
		}
	}
	b.mu.Unlock()
	for _, t := range open {
		t.goAway(reason)
	}
}

func (b *backend) addTunnel(t *tunnel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tunnels[t] = struct{}{}
}

func (b *backend) removeTunnel(t *tunnel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tunnels, t)
}
