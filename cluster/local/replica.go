package local

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// replica looks after one process of a workload:
//
//	starting ──passes──▶ healthy ──fails 3 times──▶ unhealthy
//	   ▲                    ▲                          │
//	   │                    └──────────passes──────────┘
//	   └──started again── crashed ◀──ends── any of them
//	   └──in its turn──── lost, with the supervisor
//	draining, once it is retired, from any of them
type replica struct {
	workload *workload
	index    int
	id       string
	news     *latest[supervisor.Status]
	retired  chan struct{} // closed when it has to go
	retire   func()

	kept bool        // its keep runs; under the workload's lock
	view app.Replica // what is told of it; under the workload's lock

	// What follows is keep's own.
	spec          app.Workload
	now           app.Replica
	process       supervisor.State // the last that was heard
	begun         bool             // the supervisor has the process
	healthyBefore bool             // an earlier Gondor saw its present process healthy
	turn          *turn            // to start; nil when it need not wait
}

func newReplica(w *workload, index int) *replica {
	spec := w.record.Workload
	r := &replica{workload: w, index: index, id: replicaID(spec.Ref, index), spec: spec, news: newLatest[supervisor.Status](), retired: make(chan struct{})}
	r.retire = sync.OnceFunc(func() { close(r.retired) })
	r.now = app.Replica{Ref: spec.Ref, ID: r.id, State: app.ReplicaStarting}
	r.view = r.now
	return r
}

// keep starts the process, checks its health and, once retired, stops it. When ctx ends
// the process runs on.
func (r *replica) keep(ctx context.Context) {
	r.workload.engine.register(r)
	defer r.workload.engine.unregister(r)
	for ctx.Err() == nil {
		err := r.step(ctx)
		if errors.Is(err, errGone) {
			return
		}
		if err != nil {
			r.fail(ctx, err)
		}
	}
}

// errGone ends the keeping of a replica that is no more.
var errGone = errors.New("the replica is gone")

// step does what is next.
func (r *replica) step(ctx context.Context) error {
	switch {
	case r.isRetired():
		return r.leave(ctx)
	case !r.begun:
		return r.start(ctx)
	default:
		return r.watch(ctx)
	}
}

// leave drains and stops the process and lets the workload forget it.
func (r *replica) leave(ctx context.Context) error {
	if err := r.drain(ctx); err != nil {
		return err
	}
	r.workload.release(r)
	return errGone
}

func (e *Engine) register(r *replica) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.replicas[r.id] = r
}

func (e *Engine) unregister(r *replica) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.replicas, r.id)
}

func (r *replica) isRetired() bool {
	select {
	case <-r.retired:
		return true
	default:
		return false
	}
}

// fail tells what the system refused, and waits before it is tried again.
func (r *replica) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	r.workload.engine.options.Logger.Error("a replica needs another attempt", "replica", r.id, "error", err)
	r.now.Message = err.Error()
	if !r.isRetired() {
		r.now.State = app.ReplicaCrashed
	}
	r.show()
	select {
	case <-ctx.Done():
	case <-r.retired:
	case <-time.After(retryInterval):
	}
}

// show makes what is known public. Whoever waits for the start of this one comes next when
// it has started, or failed.
func (r *replica) show() uint64 {
	version := r.workload.show(r, r.now)
	if r.now.State != app.ReplicaStarting {
		r.endTurn()
	}
	return version
}

// endTurn lets the next replica start, if this one has the turn.
func (r *replica) endTurn() {
	if r.turn != nil {
		r.turn.end()
		r.turn = nil
	}
}

// lineUp makes the replica wait for its turn to start.
func (r *replica) lineUp(healthyBefore bool) {
	r.endTurn()
	r.turn = r.workload.engine.turns.queue(rank(r.spec.Kind, healthyBefore))
	r.now.State, r.now.Message, r.now.Output, r.now.Started = app.ReplicaStarting, "waits until others have started", nil, time.Time{}
}

// awaitTurn returns when the replica may start, is retired or ctx ends; it reports whether it
// may.
func (r *replica) awaitTurn(ctx context.Context) bool {
	if r.turn == nil {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-r.retired:
		return false
	case <-r.turn.given:
	}
	r.now.Message = ""
	time.AfterFunc(r.workload.engine.options.StartTurn, r.turn.end)
	return true
}

// watch follows the process and its health until the replica is retired, the process
// has gone or ctx ends.
func (r *replica) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	checks, calm := newChecks(ctx, r), newCalm(r)
	defer checks.end()
	defer calm.timer.Stop()
	defer cancel()
	if r.process == supervisor.StateRunning {
		checks.begin()
	}
	for r.begun {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.retired:
			return nil
		case <-r.news.ready:
			if r.hear(r.news.take()) {
				checks.begin()
				calm.begin()
			}
			r.show()
		case <-checks.timer.C:
			checks.check()
		case <-calm.timer.C:
			calm.look()
		case result := <-checks.results:
			if checks.heed(result) {
				r.show()
			}
		}
	}
	return nil
}

// hear is heed for a replica that is to go on: one whose process was lost stands in line. That
// a process was removed is late news, of the one before.
func (r *replica) hear(s supervisor.Status) bool {
	if s.State == supervisor.StateRemoved {
		return false
	}
	another := r.heed(s)
	if !r.begun && !r.isRetired() {
		r.lineUp(r.workload.hasBeenHealthy(r))
	}
	return another
}

// heed takes a change of the process to heart. It reports whether this is another
// process than before.
func (r *replica) heed(s supervisor.Status) bool {
	another := s.State == supervisor.StateRunning && (r.process != s.State || !r.now.Started.Equal(s.Started))
	r.process = s.State
	r.begun = s.State != supervisor.StateExited && s.State != supervisor.StateRemoved
	r.now.Started, r.now.Restarts, r.now.LastExit, r.now.Address = s.Started, s.Restarts, s.Exit.Message, r.address()
	switch {
	case s.State != supervisor.StateRunning:
		r.now.State, r.now.Message, r.now.Output = app.ReplicaCrashed, s.Exit.Message, s.Tail
	case another && r.healthyBefore:
		r.now.State, r.now.Message, r.now.Output = app.ReplicaHealthy, "", nil
	case another:
		r.now.State, r.now.Message = app.ReplicaStarting, ""
	}
	r.healthyBefore = false
	return another
}

// drain lets the replica end its requests and stops it.
func (r *replica) drain(ctx context.Context) error {
	e, w := r.workload.engine, r.spec
	r.now.State = app.ReplicaDraining
	if err := e.observers.Heard(ctx, w.Ref, r.show()); err != nil {
		return err
	}
	if e.options.Drainer != nil && r.now.Address != "" && r.process == supervisor.StateRunning {
		if err := r.quiesce(ctx, w.Config.DrainTimeout); err != nil {
			return err
		}
	}
	if err := e.end(ctx, r.id); err != nil {
		return fmt.Errorf("stop the replica: %w", err)
	}
	return nil
}

// quiesce waits for the requests in flight, but not longer than the timeout.
func (r *replica) quiesce(ctx context.Context, timeout time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := r.workload.engine.options.Drainer.Drain(limited, r.now.Address)
	if err != nil && limited.Err() == nil {
		return fmt.Errorf("drain %s: %w", r.now.Address, err)
	}
	return ctx.Err()
}
