package scheduler_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"gondor/app"
	"gondor/scheduler"
)

// plane is a control plane. It dies at one of its steps, each of which is a moment before or
// after a commit of the store or a call of the machine: from then on it does nothing more.
type plane struct {
	app       *app.App
	scheduler *scheduler.Scheduler
	end       func() // kills it now, if it has not died
	died      chan struct{}

	mu    sync.Mutex
	steps int // that it has made
	last  int // at which it dies
}

// never is a step at which nobody dies.
const never = 1 << 30

var errDead = errors.New("this control plane is dead")

// begin starts a control plane that dies at a step, counted from 0.
func (w *world) begin(last int) *plane {
	w.Helper()
	p := w.plane(last)
	ctx, cancel := context.WithCancel(w.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = p.app.Run(ctx) }) // it ends with ctx
	p.end = sync.OnceFunc(func() {
		p.mu.Lock()
		p.last = p.steps
		p.mu.Unlock()
		cancel()
		running.Wait()
	})
	w.Cleanup(p.end)
	return p
}

// plane is a control plane in which nothing happens by itself.
func (w *world) plane(last int) *plane {
	p := &plane{last: last, died: make(chan struct{})}
	at := &url.URL{Scheme: "https", Host: "gondor.test"}
	log := slog.New(slog.DiscardHandler)
	p.app = app.New(app.Config{URL: at}, app.Ports{
		Store: storeOf{w.store, p}, Vault: w.vault, Processes: processesOf{w.machine, p},
		Workloads: idle{}, Builder: idleBuilder{}, Sources: idleSources{}, Logs: idleLogs{},
	}, log)
	p.scheduler = scheduler.New(scheduler.Options{Tasks: p.app, Now: func() time.Time { return w.now }, Log: log})
	return p
}

// step returns errDead from the last step on.
func (p *plane) step() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.steps < p.last {
		p.steps++
		return nil
	}
	select {
	case <-p.died:
	default:
		close(p.died)
	}
	return errDead
}

// around makes a call between two steps.
func (p *plane) around(call func() error) error {
	if err := p.step(); err != nil {
		return err
	}
	if err := call(); err != nil {
		return err
	}
	return p.step()
}

type storeOf struct {
	app.Store
	plane *plane
}

// Update implements app.Store.
func (s storeOf) Update(ctx context.Context, fn func(app.Tx) error) error {
	return s.plane.around(func() error { return s.Store.Update(ctx, fn) })
}

type processesOf struct {
	app.Processes
	plane *plane
}

// Start implements app.Processes.
func (p processesOf) Start(ctx context.Context, one app.Process) error {
	return p.plane.around(func() error { return p.Processes.Start(ctx, one) })
}

// Stop implements app.Processes.
func (p processesOf) Stop(ctx context.Context, id app.ProcessID) error {
	return p.plane.around(func() error { return p.Processes.Stop(ctx, id) })
}

// Forget implements app.Processes.
func (p processesOf) Forget(ctx context.Context, id app.ProcessID) error {
	return p.plane.around(func() error { return p.Processes.Forget(ctx, id) })
}

// idle has no workloads, and takes on what it is given.
type idle struct{ app.Workloads }

// Observe implements app.Workloads.
func (idle) Observe(ctx context.Context, fn func(app.Observation)) error {
	fn(app.Observation{Synced: true})
	<-ctx.Done()
	return ctx.Err()
}

// Apply implements app.Workloads.
func (idle) Apply(context.Context, app.Workload) error { return nil }

type idleBuilder struct{ app.Builder }

// Keep implements app.Builder.
func (idleBuilder) Keep(context.Context, time.Time, []app.ID[app.Build], []app.ID[app.Site]) error {
	return nil
}

type idleSources struct{ app.Sources }

// IDs implements app.Sources.
func (idleSources) IDs(context.Context) ([]app.ID[app.Build], error) { return nil, nil }

type idleLogs struct{}

// Append implements app.Logs.
func (idleLogs) Append(context.Context, app.LogName, string) error { return nil }

// Write implements app.Logs.
func (idleLogs) Write(context.Context, app.LogName, ...app.LogLine) error { return nil }

// Close implements app.Logs.
func (idleLogs) Close(context.Context, app.LogName) error { return nil }

// Drop implements app.Logs.
func (idleLogs) Drop(context.Context, app.LogName) error { return nil }

// Lines implements app.Logs.
func (idleLogs) Lines(context.Context, app.LogQuery) iter.Seq2[app.LogLine, error] {
	return func(func(app.LogLine, error) bool) {}
}
