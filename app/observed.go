package app

import (
	"cmp"
	"slices"
	"sync"
)

// observed is what the engine last told of every workload. It is safe for concurrent
// use.
type observed struct {
	mu        sync.Mutex
	workloads map[WorkloadRef][]Replica
	synced    chan struct{} // closed when the engine has told of everything there was
	watchers  map[int]func(ID[Instance])
	next      int
}

func newObserved() *observed {
	return &observed{
		workloads: map[WorkloadRef][]Replica{},
		synced:    make(chan struct{}),
		watchers:  map[int]func(ID[Instance]){},
	}
}

// take remembers what the engine told, then tells the watchers of its instance.
func (o *observed) take(told Observation) {
	o.mu.Lock()
	switch {
	case told.Synced:
		o.sync()
	case told.Gone:
		delete(o.workloads, told.Ref)
	default:
		o.workloads[told.Ref] = slices.Clone(told.Replicas)
	}
	watchers := make([]func(ID[Instance]), 0, len(o.watchers))
	for _, fn := range o.watchers {
		watchers = append(watchers, fn)
	}
	o.mu.Unlock()
	if told.Synced {
		return
	}
	for _, fn := range watchers {
		fn(told.Ref.Instance)
	}
}

func (o *observed) sync() {
	select {
	case <-o.synced:
	default:
		close(o.synced)
	}
}

// watch calls fn with the instance of every change until stop is called.
func (o *observed) watch(fn func(ID[Instance])) (stop func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := o.next
	o.next++
	o.watchers[id] = fn
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.watchers, id)
	}
}

// replicas returns the replicas of a workload, in the order of their IDs, and whether
// the engine knows the workload.
func (o *observed) replicas(ref WorkloadRef) ([]Replica, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	replicas, known := o.workloads[ref]
	return slices.Clone(replicas), known
}

// refs returns the workloads of an instance, newest release first.
func (o *observed) refs(instance ID[Instance]) []WorkloadRef {
	o.mu.Lock()
	defer o.mu.Unlock()
	var refs []WorkloadRef
	for ref := range o.workloads {
		if ref.Instance == instance {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b WorkloadRef) int {
		return cmp.Or(b.Release-a.Release, b.Restart-a.Restart, cmp.Compare(a.Service, b.Service))
	})
	return refs
}

// instances returns the instances that have workloads.
func (o *observed) instances() []ID[Instance] {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []ID[Instance]
	for ref := range o.workloads {
		if !slices.Contains(ids, ref.Instance) {
			ids = append(ids, ref.Instance)
		}
	}
	return ids
}
