package app_test

import (
	"testing"
	"time"

	"gondor/app"
)

// serving lets the target's service run a release, with one replica in a state.
func (w *world) serving(on target) (become func(app.ReplicaState)) {
	w.t.Helper()
	release := app.Release{ID: app.NewID[app.Release](w.clock), Instance: on.instance, Number: 7, State: app.ReleaseActive, Services: []string{"web"}}
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		service, err := tx.Services().Get(on.service)
		if err != nil {
			return err
		}
		service.Release = release.ID
		if err := tx.Services().Put(service); err != nil {
			return err
		}
		return tx.Releases().Put(release)
	}))
	return func(state app.ReplicaState) {
		ref := app.WorkloadRef{Instance: on.instance, Service: "web", Release: release.Number}
		app.Take(w.App, app.Observation{Ref: ref, Replicas: []app.Replica{{ID: "web-1", State: state, Message: "exit code 1"}}})
	}
}

// watched lets time go by and looks at the services then.
func (w *world) watched(on target, after time.Duration) {
	w.t.Helper()
	w.passes(after)
	must(w.t, app.WatchServices(w.ctx, w.App, on.instance))
}

func TestAServiceThatIsDownForAMinuteIsToldOnceAndThatItIsBackOnce(t *testing.T) {
	w, on, h := alerted(t)
	become := w.serving(on)
	become(app.ReplicaHealthy)
	w.watched(on, 0)
	become(app.ReplicaCrashed)
	w.watched(on, time.Second)
	w.watched(on, 55*time.Second)
	wantTold(t, w.deliver(h))
	w.watched(on, 10*time.Second)
	w.watched(on, 10*time.Second)
	wantTold(t, w.deliver(h), "alert.firing: web is down: it has had no healthy replica for 60 s.")
	become(app.ReplicaHealthy)
	w.watched(on, time.Second)
	become(app.ReplicaCrashed) // it only looked well
	w.watched(on, 10*time.Second)
	become(app.ReplicaHealthy)
	w.watched(on, 10*time.Second)
	wantTold(t, w.deliver(h))
	w.watched(on, 31*time.Second)
	w.watched(on, 31*time.Second)
	wantTold(t, w.deliver(h), "alert.resolved: web is healthy again.")
}

func TestAServiceThatIsDownForAMomentIsNotTold(t *testing.T) {
	w, on, h := alerted(t)
	become := w.serving(on)
	for range 5 { // a deploy that stops first, say
		become(app.ReplicaCrashed)
		w.watched(on, 40*time.Second)
		become(app.ReplicaHealthy)
		w.watched(on, 40*time.Second)
	}
	wantTold(t, w.deliver(h))
}

func TestAServiceThatShouldNotRunIsNotMissed(t *testing.T) {
	w, on, h := alerted(t)
	become := w.serving(on)
	become(app.ReplicaCrashed)
	w.watched(on, 0)
	w.watched(on, 2*time.Minute)
	wantTold(t, w.deliver(h), "alert.firing: web is down: it has had no healthy replica for 60 s.")
	_, err := w.Scale(w.ctx, w.admin, on.service, 0)
	must(t, err)
	w.watched(on, time.Second)
	w.watched(on, 5*time.Minute)
	wantTold(t, w.deliver(h), "alert.resolved: web is scaled to 0.")
}

func TestADeletedServiceEndsItsAlert(t *testing.T) {
	w, on, h := alerted(t)
	become := w.serving(on)
	become(app.ReplicaCrashed)
	w.watched(on, 0)
	w.watched(on, 2*time.Minute)
	w.deliver(h)
	must(t, w.DeleteService(w.ctx, w.admin, on.service))
	wantTold(t, w.deliver(h), "alert.resolved: The service web was deleted.")
}
