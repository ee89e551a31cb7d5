package app_test

import (
	"slices"
	"testing"

	"gondor/app"
)

// told are the texts of an instance's feed, oldest first.
func (w *world) told(instance app.ID[app.Instance]) []string {
	w.t.Helper()
	events, err := w.Feed(w.ctx, w.admin, instance, 0)
	must(w.t, err)
	var texts []string
	for _, e := range slices.Backward(events) {
		texts = append(texts, e.Text)
	}
	return texts
}

func TestTheFeedTellsWhatHappenedInAnInstance(t *testing.T) {
	w := newWorld(t)
	w.cast()
	on := w.target("shop")
	before := len(w.told(on.instance))
	_, err := w.Scale(w.ctx, w.admin, on.service, 3)
	must(t, err)
	_, err = w.Scale(w.ctx, w.admin, on.service, 3) // changes nothing
	must(t, err)
	paused := true
	_, err = w.UpdateTask(w.ctx, w.admin, on.task, app.TaskUpdate{Paused: &paused})
	must(t, err)
	must(t, w.DeleteHost(w.ctx, w.admin, on.host))

	got := w.told(on.instance)[before:]
	service, err := w.Service(w.ctx, w.admin, on.service)
	must(t, err)
	if len(got) != 3 || got[0] != service.Name+" was scaled from 1 to 3." {
		t.Errorf("the feed tells %q, want the scaling, the pause and the host, each once", got)
	}
	events, err := w.Feed(w.ctx, w.admin, on.instance, 1)
	must(t, err)
	if len(events) != 1 || events[0].By != w.admin.User || events[0].Kind != app.EventHost {
		t.Errorf("the newest is %+v, want the admin's removal of a host", events)
	}
}

func TestTheFeedKeepsTheNewest200(t *testing.T) {
	w := newWorld(t)
	w.cast()
	on := w.target("shop")
	for i := range 205 {
		_, err := w.Scale(w.ctx, w.admin, on.service, 2+i%2)
		must(t, err)
	}
	if got := w.told(on.instance); len(got) != 200 {
		t.Errorf("%d events are kept, want 200", len(got))
	}
}
