package killpoint

import (
	"context"
	"io"
	"runtime"
	"strings"
	"time"

	"gondor/app"
)

// Ports puts a point behind every commit of the store, and one before and one behind
// every call of the engine and of the sources that changes something.
func (p *Points) Ports(ports app.Ports) app.Ports {
	ports.Store = store{ports.Store, p}
	ports.Workloads = workloads{ports.Workloads, p}
	ports.Processes = processes{ports.Processes, p}
	ports.Builder = builder{ports.Builder, p}
	ports.Logs = logs{ports.Logs, p}
	ports.Sources = sources{ports.Sources, p}
	return ports
}

// around makes a call between two points.
func (p *Points) around(name string, call func() error) error {
	p.Pass("before " + name)
	err := call()
	p.Pass("after " + name)
	return err
}

type store struct {
	app.Store
	points *Points
}

// Update implements app.Store. One that wrote nothing is no commit.
func (s store) Update(ctx context.Context, fn func(app.Tx) error) error {
	was, err := s.Revision(ctx)
	if err != nil {
		return err
	}
	if err := s.Store.Update(ctx, fn); err != nil {
		return err
	}
	if now, err := s.Revision(ctx); err != nil || now != was {
		s.points.Pass("after commit of " + useCase())
	}
	return nil
}

// useCase is the function of app that called, without those that all use cases share.
func useCase() string {
	const prefix = "gondor/app.(*App)."
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		name, found := strings.CutPrefix(frame.Function, prefix)
		if found && name != "update" && name != "step" {
			return name
		}
	}
	return "another room"
}

type workloads struct {
	app.Workloads
	points *Points
}

// Apply implements app.Workloads.
func (w workloads) Apply(ctx context.Context, wanted app.Workload) error {
	return w.points.around("Apply "+wanted.Ref.Service, func() error { return w.Workloads.Apply(ctx, wanted) })
}

// Remove implements app.Workloads.
func (w workloads) Remove(ctx context.Context, ref app.WorkloadRef) error {
	return w.points.around("Remove "+ref.Service, func() error { return w.Workloads.Remove(ctx, ref) })
}

// Purge implements app.Workloads.
func (w workloads) Purge(ctx context.Context, id app.ID[app.Instance]) error {
	return w.points.around("Purge", func() error { return w.Workloads.Purge(ctx, id) })
}

type processes struct {
	app.Processes
	points *Points
}

// Start implements app.Processes.
func (r processes) Start(ctx context.Context, process app.Process) error {
	return r.points.around("Start", func() error { return r.Processes.Start(ctx, process) })
}

// Wait implements app.Processes.
func (r processes) Wait(ctx context.Context, id app.ProcessID) (exit app.Exit, err error) {
	err = r.points.around("Wait", func() error {
		exit, err = r.Processes.Wait(ctx, id)
		return err
	})
	return exit, err
}

// Stop implements app.Processes.
func (r processes) Stop(ctx context.Context, id app.ProcessID) error {
	return r.points.around("Stop", func() error { return r.Processes.Stop(ctx, id) })
}

// Forget implements app.Processes.
func (r processes) Forget(ctx context.Context, id app.ProcessID) error {
	return r.points.around("Forget", func() error { return r.Processes.Forget(ctx, id) })
}

type builder struct {
	app.Builder
	points *Points
}

// Build implements app.Builder.
func (b builder) Build(ctx context.Context, o app.BuildOrder, source io.Reader) (made app.Artifact, err error) {
	err = b.points.around("Build", func() error {
		made, err = b.Builder.Build(ctx, o, source)
		return err
	})
	return made, err
}

// Keep implements app.Builder.
func (b builder) Keep(ctx context.Context, asOf time.Time, builds []app.ID[app.Build], sites []app.ID[app.Site]) error {
	return b.points.around("Keep", func() error { return b.Builder.Keep(ctx, asOf, builds, sites) })
}

type logs struct {
	app.Logs
	points *Points
}

// Append implements app.Logs.
func (l logs) Append(ctx context.Context, log app.LogName, text string) error {
	return l.points.around("Append", func() error { return l.Logs.Append(ctx, log, text) })
}

// Close implements app.Logs.
func (l logs) Close(ctx context.Context, log app.LogName) error {
	return l.points.around("Close", func() error { return l.Logs.Close(ctx, log) })
}

// Drop implements app.Logs.
func (l logs) Drop(ctx context.Context, log app.LogName) error {
	return l.points.around("Drop", func() error { return l.Logs.Drop(ctx, log) })
}

type sources struct {
	app.Sources
	points *Points
}

// Receive implements app.Sources.
func (s sources) Receive(ctx context.Context, id app.ID[app.Build], tar io.Reader) (size int64, err error) {
	err = s.points.around("Receive", func() error {
		size, err = s.Sources.Receive(ctx, id, tar)
		return err
	})
	return size, err
}

// Discard implements app.Sources.
func (s sources) Discard(ctx context.Context, id app.ID[app.Build]) error {
	return s.points.around("Discard", func() error { return s.Sources.Discard(ctx, id) })
}
