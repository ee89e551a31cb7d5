package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gondor/app"
)

// webhook is a receiver on a real listener that keeps what it was told.
type webhook struct {
	address string
	told    chan string // "alert.firing: nightly failed."
	status  atomic.Int32
}

func newWebhook(t *testing.T) *webhook {
	t.Helper()
	h := &webhook{told: make(chan string, 100)}
	h.status.Store(http.StatusNoContent)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var message struct {
			Type string
			Data struct{ Title string }
		}
		if err := json.Unmarshal(body, &message); err != nil {
			t.Errorf("it was told %q: %v", body, err)
		}
		if status := int(h.status.Load()); status != http.StatusNoContent {
			w.WriteHeader(status)
			return
		}
		h.told <- message.Type + ": " + message.Data.Title
	}))
	t.Cleanup(server.Close)
	h.address = server.URL
	return h
}

// alerted is a world with a task, whose alerts go to a webhook.
func alerted(t *testing.T) (*world, target, *webhook) {
	w := newWorld(t)
	w.cast()
	on := w.target("shop")
	h := newWebhook(t)
	_, _, err := w.CreateReceiver(w.ctx, w.admin, app.NewReceiver{Owner: app.ReceiverOwner{Group: on.group}, Address: h.address})
	must(t, err)
	return w, on, h
}

// deliver delivers all that waits and is not put off, and returns what arrived.
func (w *world) deliver(h *webhook) []string {
	w.t.Helper()
	must(w.t, app.DeliverAll(w.ctx, w.App))
	var told []string
	for len(h.told) > 0 {
		told = append(told, <-h.told)
	}
	return told
}

func wantTold(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("it was told %q, want %q", got, want)
	}
}

// run lets a run of the task end with a code.
func (w *world) taskEnds(on target, code int) {
	w.t.Helper()
	run := app.TaskRun{ID: app.NewID[app.TaskRun](w.clock), Task: on.task, Instance: on.instance, Due: w.clock, State: app.TaskRunRunning, Attempt: 1, Started: w.clock}
	w.passes(time.Second)
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error { return tx.TaskRuns().Put(run) }))
	must(w.t, app.JudgeRun(w.ctx, w.App, run, app.Exit{Code: code, Message: "Exit code 1.", Ended: w.clock}))
}

func TestATaskThatFailsIsToldOnceAndThatItSucceedsOnce(t *testing.T) {
	w, on, h := alerted(t)
	w.taskEnds(on, 1)
	w.taskEnds(on, 1)
	wantTold(t, w.deliver(h), "alert.firing: task failed.")
	w.taskEnds(on, 0)
	w.taskEnds(on, 0)
	wantTold(t, w.deliver(h), "alert.resolved: task succeeded.")
	w.taskEnds(on, 1)
	wantTold(t, w.deliver(h), "alert.firing: task failed.")
}

func TestMissesAreToldOnceUntilTheTaskHasRun(t *testing.T) {
	w, on, h := alerted(t)
	task, err := w.Task(w.ctx, w.admin, on.task)
	must(t, err)
	until := task.Decided.Add(72 * time.Hour)
	must(t, w.Fire(w.ctx, app.Firing{Task: on.task, Decided: task.Decided, Until: until, Missed: 3, MissedUntil: until}))
	wantTold(t, w.deliver(h), "alert.firing: task did not run when it was due.")
	alerts, err := w.Alerts(w.ctx, w.admin, app.AlertFilter{Going: true})
	must(t, err)
	if len(alerts) != 1 || alerts[0].Text != "Missed: Gondor was not running at 3 times in a row at which it was due." {
		t.Errorf("the alerts are %+v, want one that says how often it was missed", alerts)
	}
	w.taskEnds(on, 1)
	wantTold(t, w.deliver(h), "alert.resolved: task has run.", "alert.firing: task failed.")
}

func TestWhatDoesNotArriveIsTriedAgainInOrderForADay(t *testing.T) {
	w, on, h := alerted(t)
	h.status.Store(http.StatusServiceUnavailable)
	w.taskEnds(on, 1)
	w.taskEnds(on, 0)
	wantTold(t, w.deliver(h))
	receivers, err := w.Receivers(w.ctx, w.admin, app.ReceiverOwner{Group: on.group})
	must(t, err)
	if fault := receivers[0].Fault; fault == "" {
		t.Error("nobody is told that a receiver answers 503")
	}
	h.status.Store(http.StatusNoContent)
	wantTold(t, w.deliver(h)) // its pause is not over
	w.passes(11 * time.Second)
	wantTold(t, w.deliver(h), "alert.firing: task failed.", "alert.resolved: task succeeded.")

	h.status.Store(http.StatusServiceUnavailable)
	w.taskEnds(on, 1)
	for range 200 { // of at most ten minutes each
		w.deliver(h)
		w.passes(10 * time.Minute)
	}
	h.status.Store(http.StatusNoContent)
	w.passes(time.Hour)
	wantTold(t, w.deliver(h)) // given up
}

func TestADeletedInstanceEndsItsAlerts(t *testing.T) {
	w, on, h := alerted(t)
	w.taskEnds(on, 1)
	w.deliver(h)
	must(t, w.DeleteInstance(w.ctx, w.admin, on.instance))
	wantTold(t, w.deliver(h), "alert.resolved: The instance was deleted.")
}

func TestWhoCameLaterHearsOfNoEnd(t *testing.T) {
	w, on, early := alerted(t)
	w.taskEnds(on, 1)
	late := newWebhook(t)
	_, _, err := w.CreateReceiver(w.ctx, w.admin, app.NewReceiver{Owner: app.ReceiverOwner{Site: on.site}, Address: late.address})
	must(t, err)
	w.taskEnds(on, 0)
	wantTold(t, w.deliver(early), "alert.firing: task failed.", "alert.resolved: task succeeded.")
	wantTold(t, w.deliver(late))
	w.taskEnds(on, 1)
	w.deliver(early)
	wantTold(t, append(w.deliver(late), w.deliver(late)...), "alert.firing: task failed.")
}

func TestAReceiverThatCanNotBeIsRefused(t *testing.T) {
	w := newWorld(t)
	w.cast()
	on := w.target("shop")
	for name, c := range map[string]struct {
		n     app.NewReceiver
		field string
	}{
		"no address":        {app.NewReceiver{}, "address"},
		"a file":            {app.NewReceiver{Address: "file:///etc/passwd", Kind: app.ReceiverWebhook}, "address"},
		"no mail address":   {app.NewReceiver{Address: "ann"}, "address"},
		"mail without any":  {app.NewReceiver{Address: "ann@example.com"}, "address"}, // the world has no mail server
		"an unknown kind":   {app.NewReceiver{Address: "https://example.com", Kind: "pigeon"}, "kind"},
		"Slack at an email": {app.NewReceiver{Address: "ann@example.com", Kind: app.ReceiverSlack}, "address"},
	} {
		t.Run(name, func(t *testing.T) {
			c.n.Owner.Site = on.site
			_, _, err := w.CreateReceiver(w.ctx, w.admin, c.n)
			wantCode(t, err, app.CodeInvalid)
			wantField(t, err, c.field)
		})
	}
}

func TestAReceiverShowsNoSecret(t *testing.T) {
	w := newWorld(t)
	w.cast()
	on := w.target("shop")
	owner := app.ReceiverOwner{Site: on.site}
	slack, secret, err := w.CreateReceiver(w.ctx, w.admin, app.NewReceiver{Owner: owner, Address: "https://hooks.slack.com/services/T0/B0/topsecret"})
	must(t, err)
	if slack.Kind != app.ReceiverSlack || slack.Shown != "https://hooks.slack.com/…" || secret != "" {
		t.Errorf("it is shown as %q of the kind %q", slack.Shown, slack.Kind)
	}
	_, _, err = w.CreateReceiver(w.ctx, w.admin, app.NewReceiver{Owner: owner, Address: "https://hooks.slack.com/services/T0/B0/topsecret"})
	wantCode(t, err, app.CodeConflict)
}
