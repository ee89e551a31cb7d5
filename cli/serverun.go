package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"gondor/app"
	"gondor/notify"
)

// part is something that runs until its ctx ends.
type part struct {
	name string
	run  func(context.Context) error
}

// run serves until ctx ends or a part fails. Everything starts at once, but for the
// listener, which accepts when the routes are known; then announce is called. The stop
// order is: the listener with the requests in flight, the drains, the scheduler, the joined processes,
// the routes, the domain, the engine; what the engine runs goes on.
func (s *server) run(ctx context.Context, announce func()) error {
	streams, endStreams := context.WithCancel(context.Background())
	defer endStreams()
	defer context.AfterFunc(ctx, endStreams)()
	s.web = endless(streams, s.web)

	routes := &announced{source: s.engine.Routed(s.app), known: make(chan struct{})}
	parts := []part{
		{"engine", s.engine.Run},
		{"domain", s.app.Run},
		{"routes", func(ctx context.Context) error { return s.router.Run(ctx, routes) }},
		{"sessions", s.runner.Run},
		{"scheduler", s.scheduler.Run},
		{"drains", func(ctx context.Context) error { return s.drains.Run(ctx, s.app, s.store) }},
	}
	if follows, ok := s.engine.(routerFollower); ok {
		parts = append(parts, part{"logs of the routers", func(ctx context.Context) error { return follows.FollowRouters(ctx, s.routerLog()) }})
	}
	if at := s.options.outside.heartbeat; at != "" {
		parts = append(parts, part{"heartbeat", func(ctx context.Context) error {
			return notify.Heartbeat(ctx, notify.HeartbeatOptions{URL: at, Every: notify.HeartbeatEvery, Working: s.app.Working, Log: s.options.log})
		}})
	}
	if s.ready != nil {
		parts = append(parts, part{"answers to the kubelet", func(ctx context.Context) error { return serveReady(ctx, s.ready, routes.known) }})
	}
	parts = append(parts, part{"listener", func(ctx context.Context) error { return s.accept(ctx, routes, announce) }})
	return inOrder(ctx, parts...)
}

// accept serves the listener once the routes are known.
func (s *server) accept(ctx context.Context, routes *announced, announce func()) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-routes.known:
	}
	announce()
	return s.router.Serve(ctx, s.listener)
}

// inOrder runs parts until ctx ends or one of them does, then stops them from the last to
// the first, each when the one behind it has ended. It returns the first error that is
// not the end of a context.
func inOrder(ctx context.Context, parts ...part) error {
	ended := make(chan error, len(parts))
	stops := make([]func(), len(parts))
	for i, one := range parts {
		stops[i] = start(one, ended)
	}
	var first error
	select {
	case <-ctx.Done():
	case first = <-ended:
	}
	for i := len(stops) - 1; i >= 0; i-- {
		stops[i]()
	}
	close(ended)
	for err := range ended {
		first = errors.Join(first, err)
	}
	return first
}

// start runs a part; stop ends it and waits.
func start(one part, ended chan<- error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		err := one.run(ctx)
		switch {
		case ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
			ended <- nil
		case err == nil:
			ended <- fmt.Errorf("the %s ended by itself", one.name)
		default:
			ended <- fmt.Errorf("%s: %w", one.name, err)
		}
	})
	return func() { cancel(); running.Wait() }
}

// announced is a source of routes that tells when all of them are known.
type announced struct {
	source app.RouteSource
	once   sync.Once
	known  chan struct{}
}

// Routes implements app.RouteSource.
func (a *announced) Routes(ctx context.Context, fn func(app.RouteChange)) error {
	return a.source.Routes(ctx, func(change app.RouteChange) {
		fn(change)
		if change.Synced {
			a.once.Do(func() { close(a.known) })
		}
	})
}

// endless ends the streams of events with ctx. Nothing else would end them, and a server
// that stops would wait for each of them.
func endless(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		request, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		next.ServeHTTP(w, r.WithContext(request))
	})
}
