package kube

import (
	"context"
	"slices"
	"sync"
	"time"

	"gondor/app"
)

// seen is what has been read back of the routes, so that a change of them can be waited
// for until it is in force. It is safe for concurrent use.
type seen struct {
	mu      sync.Mutex
	routes  map[string][]string // addresses in order, by host
	changed chan struct{}       // closed and replaced at every change
}

func newSeen() *seen { return &seen{routes: map[string][]string{}, changed: make(chan struct{})} }

// take notes what was read.
func (s *seen) take(change app.RouteChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if change.Removed {
		delete(s.routes, change.Route.Host)
	} else if !change.Synced {
		s.routes[change.Route.Host] = addresses(change.Route)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// await returns when the backends that the domain told of a host are those that were
// read, or after the time: the cluster may know better by then.
func (s *seen) await(ctx context.Context, told app.Route, patience time.Duration) {
	if len(told.Backends) == 0 {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	want := addresses(told)
	for {
		s.mu.Lock()
		got, changed := s.routes[told.Host], s.changed
		s.mu.Unlock()
		if slices.Equal(got, want) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-changed:
		}
	}
}

func addresses(route app.Route) []string {
	list := make([]string, len(route.Backends))
	for i, backend := range route.Backends {
		list[i] = backend.Address
	}
	slices.Sort(list)
	return list
}
