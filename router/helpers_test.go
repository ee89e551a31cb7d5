package router_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/router"
)

// routes is a RouteSource that a test writes.
type routes struct {
	mu      sync.Mutex
	known   map[string]app.Route
	changes chan told
}

type told struct {
	change app.RouteChange
	done   chan struct{}
}

func newRoutes(list ...app.Route) *routes {
	s := &routes{known: map[string]app.Route{}, changes: make(chan told)}
	for _, one := range list {
		s.known[one.Host] = one
	}
	return s
}

func (s *routes) Routes(ctx context.Context, fn func(app.RouteChange)) error {
	s.mu.Lock()
	for _, one := range s.known {
		fn(app.RouteChange{Route: one})
	}
	s.mu.Unlock()
	fn(app.RouteChange{Synced: true})
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case t := <-s.changes:
			fn(t.change)
			close(t.done)
		}
	}
}

// tell returns when the change is in force.
func (s *routes) tell(change app.RouteChange) {
	t := told{change, make(chan struct{})}
	s.changes <- t
	<-t.done
}

func (s *routes) set(host string, addresses ...string) {
	s.tell(app.RouteChange{Route: routeTo(host, addresses...)})
}

func routeTo(host string, addresses ...string) app.Route {
	r := app.Route{Host: host, Instance: "i1", Service: "web"}
	for _, a := range addresses {
		r.Backends = append(r.Backends, app.Backend{Replica: a, Address: a})
	}
	return r
}

// house is a router that serves, with its routes.
type house struct {
	*router.Router
	routes  *routes
	address string
	stop    func() // ends Serve and waits for it
}

// open serves a router with these routes until the test ends.
func open(t testing.TB, options router.Options, list ...app.Route) *house {
	t.Helper()
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Limits.Farewell == 0 {
		options.Limits.Farewell = 10 * time.Millisecond // clients of tests keep connections that they need no more
	}
	h := &house{Router: router.New(options), routes: newRoutes(list...)}
	listener := listen(t)
	h.address = listener.Addr().String()
	h.stop = background(t, func(ctx context.Context) error { return h.Serve(ctx, listener) })
	background(t, func(ctx context.Context) error { return h.Run(ctx, h.routes) })
	h.routes.tell(app.RouteChange{Route: app.Route{Host: "synced.invalid"}})
	return h
}

// background runs fn until the returned function is called or the test ends.
func background(t testing.TB, fn func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
