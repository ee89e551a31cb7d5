package router

import "context"

// Drain implements app.Drainer: it returns nil when no request and no tunnel is in
// flight to the address. When ctx ends first, it closes the tunnels as CloseBackend
// does and returns ctx's error.
func (r *Router) Drain(ctx context.Context, address string) error {
	b := r.backends.find(address)
	if b == nil {
		return nil
	}
	select {
	case <-b.drained():
		return nil
	case <-ctx.Done():
		b.closeTunnels(anyTunnel)
		return ctx.Err()
	}
}

// CloseBackend closes the WebSockets and other tunnels to the address at once,
// WebSockets with a close frame of status 1001, going away (RFC 6455 section 7.4.1).
func (r *Router) CloseBackend(address string) {
	if b := r.backends.find(address); b != nil {
		b.closeTunnels(anyTunnel)
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

// closeTunnels ends those tunnels that are meant.
func (b *backend) closeTunnels(meant func(*tunnel) bool) {
	b.mu.Lock()
	open := make([]*tunnel, 0, len(b.tunnels))
	for t := range b.tunnels {
		if meant(t) {
			open = append(open, t)
		}
	}
	b.mu.Unlock()
	for _, t := range open {
		t.goAway()
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
