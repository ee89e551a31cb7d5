// Package observers carries what an engine sees of its workloads to everyone who observes
// them, as app.Workloads.Observe promises.
package observers

import (
	"context"
	"sync"

	"gondor/app"
)

// Observers carries observations to everyone who observes. Each has only the newest
// observation of every workload before it, however slow it is. It is safe for concurrent
// use.
type Observers struct {
	mu      sync.Mutex
	latest  map[app.WorkloadRef]told
	version uint64
	all     map[*observer]bool
	changed chan struct{} // closed and replaced when somebody has heard something or left
}

// told is an observation with its place in the order of all.
type told struct {
	app.Observation
	version uint64
}

// observer is one call of Observe.
type observer struct {
	queue []app.WorkloadRef // what it has yet to hear, each once
	due   map[app.WorkloadRef]bool
	heard map[app.WorkloadRef]uint64 // the version of what it took to heart last
	wake  chan struct{}
}

// New returns Observers that have been told nothing.
func New() *Observers {
	return &Observers{latest: map[app.WorkloadRef]told{}, all: map[*observer]bool{}, changed: make(chan struct{})}
}

// Publish tells everyone and returns the observation's version.
func (o *Observers) Publish(obs app.Observation) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.version++
	o.latest[obs.Ref] = told{obs, o.version}
	for one := range o.all {
		one.add(obs.Ref)
	}
	o.forget(obs.Ref)
	return o.version
}

func (one *observer) add(ref app.WorkloadRef) {
	if one.due[ref] {
		return
	}
	one.due[ref] = true
	one.queue = append(one.queue, ref)
	select {
	case one.wake <- struct{}{}:
	default:
	}
}

// Observe calls fn as app.Workloads.Observe promises.
func (o *Observers) Observe(ctx context.Context, fn func(app.Observation)) error {
	one := o.join()
	defer o.leave(one)
	for n := o.waiting(one); n > 0; n-- {
		o.tell(one, fn)
	}
	fn(app.Observation{Synced: true})
	for ctx.Err() == nil {
		if o.tell(one, fn) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-one.wake:
		}
	}
	return ctx.Err()
}

func (o *Observers) join() *observer {
	one := &observer{due: map[app.WorkloadRef]bool{}, heard: map[app.WorkloadRef]uint64{}, wake: make(chan struct{}, 1)}
	o.mu.Lock()
	defer o.mu.Unlock()
	for ref := range o.latest {
		one.add(ref)
	}
	o.all[one] = true
	return one
}

func (o *Observers) leave(one *observer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, one)
	for ref := range one.due {
		o.forget(ref)
	}
	o.announce()
}

func (o *Observers) waiting(one *observer) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(one.queue)
}

// tell tells one observer the next thing that is due, if there is any.
func (o *Observers) tell(one *observer, fn func(app.Observation)) bool {
	next, ok := o.next(one)
	if !ok {
		return false
	}
	fn(next.Observation)
	o.mu.Lock()
	defer o.mu.Unlock()
	one.heard[next.Ref] = next.version
	if next.Gone {
		delete(one.heard, next.Ref)
	}
	o.forget(next.Ref)
	o.announce()
	return true
}

func (o *Observers) next(one *observer) (told, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(one.queue) == 0 {
		return told{}, false
	}
	ref := one.queue[0]
	one.queue = one.queue[1:]
	delete(one.due, ref)
	return o.latest[ref], true
}

// forget drops the last word on a workload that is gone once everybody has it. The
// caller holds the lock.
func (o *Observers) forget(ref app.WorkloadRef) {
	if !o.latest[ref].Gone {
		return
	}
	for one := range o.all {
		if one.due[ref] {
			return
		}
	}
	delete(o.latest, ref)
}

// announce wakes those who wait in Heard. The caller holds the lock.
func (o *Observers) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// Heard returns when everyone who observes has taken this version, or a later one, of
// the workload to heart, or ctx ends.
func (o *Observers) Heard(ctx context.Context, ref app.WorkloadRef, version uint64) error {
	for {
		changed, all := o.isHeard(ref, version)
		if all {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (o *Observers) isHeard(ref app.WorkloadRef, version uint64) (changed <-chan struct{}, all bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for one := range o.all {
		if one.heard[ref] < version {
			return o.changed, false
		}
	}
	return nil, true
}
