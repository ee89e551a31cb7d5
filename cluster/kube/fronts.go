package kube

import (
	"context"
	"slices"
	"sync"

	"gondor/app"
)

// fronts are the routes of Gondor's own instances as the domain told them last, and
// which of them the cluster does not have yet. It is safe for concurrent use.
type fronts struct {
	mu         sync.Mutex
	byInstance map[app.ID[app.Instance]]*front
	byHost     map[string]app.ID[app.Instance]
	line       []app.ID[app.Instance] // of those to be written
	wake       chan struct{}
	changed    chan struct{} // closed and replaced when one was written
	expected   bool          // a domain will tell its routes
	synced     bool          // it has told all of them
}

// front is how one instance is reached: its hosts all lead the same way.
type front struct {
	route app.Route // without a host
	hosts []string  // in order
	due   bool      // the cluster does not have it as it is
}

func newFronts() *fronts {
	return &fronts{
		byInstance: map[app.ID[app.Instance]]*front{}, byHost: map[string]app.ID[app.Instance]{},
		wake: make(chan struct{}, 1), changed: make(chan struct{}),
	}
}

// take notes what the domain told, and puts the instance in line when that changes
// anything in the cluster. Where the backends are is the cluster's to know.
func (f *fronts) take(change app.RouteChange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	host := change.Route.Host
	switch {
	case change.Synced:
		f.synced = true
		f.announce()
	case change.Removed:
		f.remove(host)
	default:
		if id, known := f.byHost[host]; known && id != change.Route.Instance {
			f.remove(host)
		}
		f.set(change.Route)
	}
}

func (f *fronts) set(route app.Route) {
	host := route.Host
	route.Host, route.Backends, route.Others = "", nil, nil
	one := f.byInstance[route.Instance]
	if one == nil {
		one = &front{}
		f.byInstance[route.Instance] = one
	}
	same := one.route.Workload == route.Workload && one.route.Notice == route.Notice && one.route.Service == route.Service
	if at, found := slices.BinarySearch(one.hosts, host); !found {
		one.hosts, same = slices.Insert(one.hosts, at, host), false
	}
	one.route = route
	f.byHost[host] = route.Instance
	if !same {
		f.queue(route.Instance, one)
	}
}

func (f *fronts) remove(host string) {
	id, known := f.byHost[host]
	if !known {
		return
	}
	delete(f.byHost, host)
	one := f.byInstance[id]
	one.hosts = slices.DeleteFunc(one.hosts, func(h string) bool { return h == host })
	f.queue(id, one)
}

// queue puts an instance in line. The caller holds the lock.
func (f *fronts) queue(id app.ID[app.Instance], one *front) {
	one.due = true
	if !slices.Contains(f.line, id) {
		f.line = append(f.line, id)
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// next waits for an instance whose front is to be written, and returns a copy of that.
func (f *fronts) next(ctx context.Context) (app.ID[app.Instance], front, error) {
	for {
		f.mu.Lock()
		if len(f.line) > 0 {
			id := f.line[0]
			f.line = f.line[1:]
			one := *f.byInstance[id]
			one.hosts = slices.Clone(one.hosts)
			f.mu.Unlock()
			return id, one, nil
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", front{}, ctx.Err()
		case <-f.wake:
		}
	}
}

// written notes that the cluster has the front of an instance, or that it has to be tried
// again. One that changed meanwhile is in line already.
func (f *fronts) written(id app.ID[app.Instance], done bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.byInstance[id]
	switch {
	case one == nil || slices.Contains(f.line, id):
		return
	case !done:
		f.queue(id, one)
		return
	}
	one.due = false
	if len(one.hosts) == 0 {
		delete(f.byInstance, id)
	}
	f.announce()
}

// announce wakes those who wait in settled. The caller holds the lock.
func (f *fronts) announce() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// expect says that a domain will tell its routes: what is in the cluster before that is
// what an earlier Gondor wrote, and may be old.
func (f *fronts) expect() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected = true
}

// settled returns when the cluster has the front of an instance as the domain told it, or
// ctx ends.
func (f *fronts) settled(ctx context.Context, id app.ID[app.Instance]) error {
	for {
		f.mu.Lock()
		one, changed := f.byInstance[id], f.changed
		due := one != nil && one.due || f.expected && !f.synced
		f.mu.Unlock()
		if !due {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
