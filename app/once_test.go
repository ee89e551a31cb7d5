package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gondor/app"
)

// sprinter is an engine whose processes end at once, well; what it was asked to forget it
// starts again.
type sprinter struct {
	app.Processes
	began chan app.ProcessID
}

func newSprinter() *sprinter { return &sprinter{began: make(chan app.ProcessID, 10)} }

// Start implements app.Processes.
func (s *sprinter) Start(_ context.Context, p app.Process) error {
	s.began <- p.ID
	return nil
}

// Wait implements app.Processes.
func (s *sprinter) Wait(context.Context, app.ProcessID) (app.Exit, error) {
	return app.Exit{Ended: time.Now()}, nil
}

// Forget implements app.Processes.
func (s *sprinter) Forget(context.Context, app.ProcessID) error { return nil }

// silent is a log that nobody reads.
type silent struct{ app.Logs }

// Append implements app.Logs.
func (silent) Append(context.Context, app.LogName, string) error { return nil }

// Write implements app.Logs.
func (silent) Write(context.Context, app.LogName, ...app.LogLine) error { return nil }

// Close implements app.Logs.
func (silent) Close(context.Context, app.LogName) error { return nil }

// runner is a world with an instance that has a release of the state.
func (w *world) runner(state app.ReleaseState) (app.Instance, *sprinter) {
	w.t.Helper()
	site := w.site(w.team("team", nil), "shop")
	instance := w.instance(site, app.PrimaryLabel)
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		instance.LastRelease = 1
		build := app.Build{ID: app.NewID[app.Build](w.clock), Site: site.ID, State: app.BuildSucceeded, Artifact: app.Artifact{Ref: "a"}}
		build.Plan.Processes = map[string]string{app.ReleaseProcess: "true"}
		release := app.Release{ID: app.NewID[app.Release](w.clock), Instance: instance.ID, Number: 1, Build: build.ID, State: state, RunPhase: true}
		return errors.Join(tx.Instances().Put(instance), tx.Builds().Put(build), tx.Releases().Put(release))
	}))
	engine := newSprinter()
	w.Processes, w.Logs = engine, silent{}
	return instance, engine
}

func (w *world) awaitNobody() {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !app.Waited(w.App); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal("somebody waits for a process that has ended")
		}
	}
}

func TestAnOldPictureRunsNoReleaseProcessAgain(t *testing.T) {
	w := newWorld(t)
	instance, engine := w.runner(app.ReleasePreparing)
	prepare, err := app.LookAtRelease(w.ctx, w.App, instance.ID)
	must(t, err)
	for range 2 { // the second time by what was so before the first
		must(t, prepare())
		w.awaitNobody()
	}
	if len(engine.began) != 1 {
		t.Errorf("it ran %d times", len(engine.began))
	}
}

// running is a task run of an instance that is to be gone on with.
func (w *world) running(instance app.Instance) app.TaskRun {
	w.t.Helper()
	task, err := w.CreateTask(w.ctx, w.admin, app.NewTask{Instance: instance.ID, Name: "nightly", TaskSettings: nightly()})
	must(w.t, err)
	run, err := w.RunTask(w.ctx, w.admin, task.ID)
	must(w.t, err)
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		release, err := tx.Releases().One(app.ReleaseServing, instance.Key())
		run.State, run.Release = app.TaskRunRunning, release.ID
		return errors.Join(err, tx.TaskRuns().Put(run))
	}))
	return run
}

func TestAnOldPictureRunsNoTaskAgain(t *testing.T) {
	w := newWorld(t)
	instance, engine := w.runner(app.ReleaseActive)
	run := w.running(instance)
	for range 2 {
		must(t, app.CarryOnRun(w.ctx, w.App, run))
		w.awaitNobody()
	}
	if len(engine.began) != 1 {
		t.Errorf("it ran %d times", len(engine.began))
	}
}

func TestNothingBeginsInAnInstanceThatIsDeleted(t *testing.T) {
	w := newWorld(t)
	instance, engine := w.runner(app.ReleaseActive)
	run := w.running(instance)
	must(t, w.DeleteInstance(w.ctx, w.admin, instance.ID))
	must(t, app.CarryOnRun(w.ctx, w.App, run))
	w.awaitNobody()
	if len(engine.began) != 0 {
		t.Errorf("it ran %d times", len(engine.began))
	}
	now := app.TaskRun{}
	must(t, w.Store.View(w.ctx, func(r app.Reader) (err error) {
		now, err = r.TaskRuns().Get(run.ID)
		return err
	}))
	if now.State != app.TaskRunFailed {
		t.Errorf("it is %s", now.State)
	}
}
