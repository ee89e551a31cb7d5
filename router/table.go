package router

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"gondor/app"

	"golang.org/x/sync/errgroup"
)

// table is one snapshot of the routes. Nobody changes it once it is published.
type table struct {
	routes   map[string]*route // by host; a wildcard under "*.example.com"
	starting bool              // no source has told its routes yet
}

// route is an app.Route with its backends resolved.
type route struct {
	app.Route
	backends []*backend
	others   []*backend
}

// find returns the route of a host: its own, else that of the wildcard one label up,
// which stands for exactly one label (RFC 6125 section 6.4.3); nil when there is none.
func (t *table) find(host string) *route {
	if found, ok := t.routes[host]; ok {
		return found
	}
	_, parent, dotted := strings.Cut(host, ".")
	if !dotted {
		return nil
	}
	return t.routes["*."+parent]
}

// Run feeds the table from the source until ctx ends or the source fails, and tends the
// kept connections meanwhile. Routes known from an earlier Run stay in force until the
// source has told all of its own. One Run at a time.
func (r *Router) Run(ctx context.Context, source app.RouteSource) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.tend(ctx) })
	group.Go(func() error { return r.follow(ctx, source) })
	return group.Wait()
}

func (r *Router) follow(ctx context.Context, source app.RouteSource) error {
	f := feed{router: r, routes: map[string]app.Route{}}
	err := source.Routes(ctx, f.take)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("follow the routes: %w", err)
	}
	return errSourceEnded
}

var errSourceEnded = errors.New("the source of the routes ended before it was told to")

// feed turns changes into tables. Before Synced it only collects.
type feed struct {
	router *Router
	routes map[string]app.Route
	synced bool
}

func (f *feed) take(change app.RouteChange) {
	host := strings.ToLower(change.Route.Host)
	switch {
	case change.Synced:
		f.synced = true
		f.router.replace(f.routes)
	case !f.synced:
		f.note(host, change)
	default:
		f.note(host, change)
		f.router.change(host, change)
	}
}

func (f *feed) note(host string, change app.RouteChange) {
	if change.Removed {
		delete(f.routes, host)
		return
	}
	f.routes[host] = change.Route
}

// replace publishes a table of exactly these routes.
func (r *Router) replace(routes map[string]app.Route) {
	next := &table{routes: make(map[string]*route, len(routes))}
	for host, one := range routes {
		next.routes[host] = r.backends.resolve(one)
	}
	r.publish(next)
}

// change publishes the present table with one host changed.
func (r *Router) change(host string, change app.RouteChange) {
	next := &table{routes: maps.Clone(r.table.Load().routes)}
	if change.Removed {
		delete(next.routes, host)
	} else {
		next.routes[host] = r.backends.resolve(change.Route)
	}
	r.publish(next)
}

// publish puts the table in force and then lets go of the backends that left it.
func (r *Router) publish(next *table) {
	r.table.Store(next)
	r.backends.retain(next)
}

// tend closes connections that have been kept for too long, until ctx ends.
func (r *Router) tend(ctx context.Context) error {
	ticker := time.NewTicker(max(r.limits.Kept/4, 10*time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			r.backends.expire(time.Now())
			return ctx.Err()
		case now := <-ticker.C:
			r.backends.expire(now.Add(-r.limits.Kept))
		}
	}
}
