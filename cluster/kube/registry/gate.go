package registry

import (
	"context"
	"net/http"
	"sync"
)

// gate lets changes pass side by side and a collection only alone:
//
//	open ──enter──▶ changing (n) ──leave──▶ open ──shut──▶ shut ──open──▶ open
//
// A collection waits for a moment without changes and holds none up meanwhile; changes
// wait for a collection that runs. What a slow client sends never blocks the others.
type gate struct {
	mu      sync.Mutex
	changes int
	shut    bool
	moved   chan struct{} // closed, and made anew, when one of them falls to zero
}

func newGate() *gate { return &gate{moved: make(chan struct{})} }

// enter begins a change. It waits while the gate is shut.
func (g *gate) enter(ctx context.Context) error {
	return g.wait(ctx, func() bool {
		if g.shut {
			return false
		}
		g.changes++
		return true
	})
}

// leave ends a change.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.changes--; g.changes == 0 {
		g.move()
	}
}

// close waits for a moment without changes and keeps them out until open.
func (g *gate) close(ctx context.Context) error {
	return g.wait(ctx, func() bool {
		if g.shut || g.changes > 0 {
			return false
		}
		g.shut = true
		return true
	})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
	g.move()
}

func (g *gate) move() {
	close(g.moved)
	g.moved = make(chan struct{})
}

// wait tries until it succeeds or ctx ends.
func (g *gate) wait(ctx context.Context, try func() bool) error {
	for {
		g.mu.Lock()
		done, moved := try(), g.moved
		g.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-moved:
		}
	}
}

// gated makes what links or unlinks a blob a change. PATCH only adds to an upload, which
// nothing refers to yet; it may take long and needs no gate.
func (r *Registry) gated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if changes(request) {
			if err := r.gate.enter(request.Context()); err != nil {
				return // nobody waits for an answer any more
			}
			defer r.gate.leave()
		}
		next.ServeHTTP(w, request)
	})
}

func changes(request *http.Request) bool {
	switch request.Method {
	case http.MethodPut, http.MethodPost, http.MethodDelete:
		return true
	default:
		return isQuestion(request)
	}
}
