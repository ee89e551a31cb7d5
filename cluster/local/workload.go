package local

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// retryInterval is between two attempts at what the system refused.
const retryInterval = time.Second

// workload looks after the replicas of one workload.
type workload struct {
	engine  *Engine
	changed chan struct{} // holds one token when there is something to do

	mu       sync.Mutex
	record   *record
	replicas map[int]*replica
}

func newWorkload(e *Engine, r *record) *workload {
	return &workload{engine: e, record: r, replicas: map[int]*replica{}, changed: make(chan struct{}, 1)}
}

// Apply implements app.Workloads.
func (e *Engine) Apply(_ context.Context, wanted app.Workload) error {
	if _, err := e.layout.app(wanted.Program.Artifact); err != nil {
		return err
	}
	if wanted.Kind != app.Web && wanted.Kind != app.Worker || wanted.Replicas < 0 {
		return app.Invalid("kind", "%d replicas of kind %q can't run; use web or worker, and 0 or more", wanted.Replicas, string(wanted.Kind))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if w, ok := e.workloads[wanted.Ref]; ok {
		return w.scale(wanted)
	}
	w := newWorkload(e, newRecord(wanted))
	if err := e.layout.save(w.record); err != nil {
		return err
	}
	e.workloads[wanted.Ref] = w
	w.publish()
	e.keep(w)
	return nil
}

// scale changes the number of replicas; all else stays as it was first applied.
func (w *workload) scale(wanted app.Workload) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.record.Removed:
		return app.Fault(app.CodeUnavailable, "%s is being removed; apply it again when it has gone", wanted.Ref)
	case w.record.Workload.Replicas == wanted.Replicas:
		return nil
	}
	before := w.record.Workload.Replicas
	w.record.Workload.Replicas = wanted.Replicas
	if err := w.engine.layout.save(w.record); err != nil {
		w.record.Workload.Replicas = before
		return err
	}
	w.wake()
	return nil
}

// Remove implements app.Workloads.
func (e *Engine) Remove(_ context.Context, ref app.WorkloadRef) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	w, ok := e.workloads[ref]
	if !ok {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record.Removed = true
	if err := e.layout.save(w.record); err != nil {
		w.record.Removed = false
		return err
	}
	w.wake()
	return nil
}

// Observe implements app.Workloads.
func (e *Engine) Observe(ctx context.Context, fn func(app.Observation)) error {
	return e.observers.Observe(ctx, fn)
}

func (w *workload) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// keep makes the replicas those that are wanted, until the workload is gone or ctx ends.
func (w *workload) keep(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	w.wake()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.changed:
		}
		w.reconcile(ctx, &running)
		if !w.isGone() {
			continue
		}
		err := w.forget()
		if err == nil {
			return nil
		}
		w.engine.options.Logger.Error("can't forget a workload", "workload", key(w.record.Workload.Ref), "error", err)
		pause(ctx, retryInterval)
		w.wake()
	}
}

// reconcile starts the replicas that are missing and retires those that are too many.
func (w *workload) reconcile(ctx context.Context, running *sync.WaitGroup) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wanted := w.record.Workload.Replicas
	if w.record.Removed {
		wanted = 0
	}
	for index := range wanted {
		if w.replicas[index] == nil {
			w.replicas[index] = newReplica(w, index)
		}
	}
	for index, r := range w.replicas {
		if index >= wanted {
			r.retire()
		}
		if !r.kept {
			r.kept = true
			running.Go(func() { r.keep(ctx) })
		}
	}
}

// adopt takes over a replica that runs.
func (w *workload) adopt(index int, s supervisor.Status) {
	r := newReplica(w, index)
	healthy, ok := w.record.Healthy[index]
	r.healthyBefore = ok && s.State == supervisor.StateRunning && healthy.Equal(s.Started)
	r.heed(s)
	r.view = r.now
	w.mu.Lock()
	w.replicas[index] = r
	w.mu.Unlock()
	w.engine.register(r)
}

// lineUp lets the replicas that don't run stand in line for their start.
func (w *workload) lineUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.record.Removed {
		return
	}
	for index := range w.record.Workload.Replicas {
		if w.replicas[index] == nil {
			w.replicas[index] = newReplica(w, index)
		}
		r := w.replicas[index]
		if _, healthyBefore := w.record.Healthy[index]; !r.begun {
			r.lineUp(healthyBefore)
			r.view = r.now
		}
	}
}

// isGone reports whether nothing of a removed workload is left.
func (w *workload) isGone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.record.Removed && len(w.replicas) == 0
}

// forget drops the record and tells everyone.
func (w *workload) forget() error {
	e, ref := w.engine, w.record.Workload.Ref
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.layout.drop(w.record); err != nil {
		return err
	}
	delete(e.workloads, ref)
	e.observers.Publish(app.Observation{Ref: ref, Gone: true})
	return nil
}

// publish tells everyone how the workload is.
func (w *workload) publish() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tell()
}

// tell is publish for who holds the lock.
func (w *workload) tell() uint64 {
	obs := app.Observation{Ref: w.record.Workload.Ref}
	for _, index := range slices.Sorted(maps.Keys(w.replicas)) {
		obs.Replicas = append(obs.Replicas, w.replicas[index].view)
	}
	return w.engine.observers.Publish(obs)
}

// show makes the view of a replica public, if it is news, and returns the version.
func (w *workload) show(r *replica, view app.Replica) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.view = view
	return w.tell()
}

// release lets go of a replica that has ended, and of its port.
func (w *workload) release(r *replica) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if port, ok := w.record.Ports[r.index]; ok {
		w.engine.ports.free(port)
	}
	delete(w.record.Ports, r.index)
	delete(w.record.Healthy, r.index)
	delete(w.replicas, r.index)
	if err := w.engine.layout.save(w.record); err != nil {
		w.engine.options.Logger.Error("can't write down a workload", "error", err)
	}
	w.tell()
	w.wake()
}

// hasBeenHealthy reports whether a process of the replica ever was.
func (w *workload) hasBeenHealthy(r *replica) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.record.Healthy[r.index]
	return ok
}

// wasHealthy writes down that the replica's present process is healthy, so that it
// serves on at once when Gondor comes back.
func (w *workload) wasHealthy(r *replica) {
	w.show(r, r.now) // first: a deploy waits for it
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record.Healthy[r.index] = r.now.Started
	if err := w.engine.layout.save(w.record); err != nil {
		w.engine.options.Logger.Error("can't write down a workload", "error", err)
	}
}
