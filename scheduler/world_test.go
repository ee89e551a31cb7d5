package scheduler_test

import (
	"crypto/rand"
	"log/slog"
	"slices"
	"testing"
	"time"

	"gondor/app"
	"gondor/store"
)

// admin may do everything.
var admin = app.Actor{User: "admin", Name: "admin", Admin: true}

// noon is when worlds begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is an instance that is deployed in a real store, and the machine that its processes
// run on. Both outlive the control planes that a test starts and kills.
type world struct {
	*testing.T
	store    *store.Store
	vault    *app.Vault
	machine  *machine
	instance app.Instance
	now      time.Time // for schedulers
}

func newWorld(t *testing.T) *world {
	t.Helper()
	kept, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, kept.Close()) })
	key := make([]byte, app.VaultKeySize)
	_, _ = rand.Read(key)
	vault, err := app.NewVault(key)
	must(t, err)
	w := &world{T: t, store: kept, vault: vault, machine: newMachine(), now: noon}
	w.deploy()
	return w
}

// deploy makes an instance with one release that a service runs.
func (w *world) deploy() {
	w.Helper()
	p := w.plane(never)
	group, err := p.app.CreateGroup(w.Context(), admin, "team")
	must(w.T, err)
	site, err := p.app.CreateSite(w.Context(), admin, app.NewSite{Group: group.ID, Name: "shop"})
	must(w.T, err)
	w.instance, err = p.app.CreateInstance(w.Context(), admin, app.NewInstance{Site: site.ID, Label: app.PrimaryLabel, Kind: app.Production})
	must(w.T, err)
	service, err := p.app.CreateService(w.Context(), admin, app.NewService{Instance: w.instance.ID, Name: "web", Kind: app.Web})
	must(w.T, err)
	must(w.T, w.store.Update(w.Context(), func(tx app.Tx) error {
		build := app.Build{ID: app.NewID[app.Build](noon), Site: site.ID, State: app.BuildSucceeded, Artifact: app.Artifact{Ref: "artifact"}, Ended: noon}
		release := app.Release{ID: app.NewID[app.Release](noon), Instance: w.instance.ID, Number: 1, Build: build.ID, State: app.ReleaseActive, Started: noon, Ended: noon}
		service.Release, w.instance.LastRelease = release.ID, 1
		return first(tx.Builds().Put(build), tx.Releases().Put(release), tx.Services().Put(service), tx.Instances().Put(w.instance))
	}))
}

// task makes a scheduled task that was decided on until noon.
func (w *world) task(name string, settings app.TaskSettings) app.ScheduledTask {
	w.Helper()
	p := w.plane(never)
	settings.Command = "true"
	task, err := p.app.CreateTask(w.Context(), admin, app.NewTask{Instance: w.instance.ID, Name: name, TaskSettings: settings})
	must(w.T, err)
	task.Decided = noon
	must(w.T, w.store.Update(w.Context(), func(tx app.Tx) error { return tx.Tasks().Put(task) }))
	return task
}

// runs lists the runs of a task, oldest first.
func (w *world) runs(task app.ScheduledTask) (runs []app.TaskRun) {
	w.Helper()
	must(w.T, w.store.View(w.Context(), func(r app.Reader) error {
		for run, err := range r.TaskRuns().By(app.TaskRunByTask, string(task.ID)) {
			if err != nil {
				return err
			}
			runs = append(runs, run)
		}
		return nil
	}))
	slices.SortFunc(runs, func(a, b app.TaskRun) int { return a.Due.Compare(b.Due) })
	return runs
}

// settle waits until all runs of a task have ended.
func (w *world) settle(task app.ScheduledTask) []app.TaskRun {
	w.Helper()
	var runs []app.TaskRun
	w.eventually("all runs have ended", func() bool {
		runs = w.runs(task)
		return !slices.ContainsFunc(runs, func(run app.TaskRun) bool { return !run.State.Ended() })
	})
	return runs
}

func (w *world) eventually(what string, so func() bool) {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("it does not come to this: %s", what)
		}
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
