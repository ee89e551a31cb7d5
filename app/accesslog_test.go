package app_test

import (
	"context"
	"strings"
	"testing"

	"gondor/app"
)

// recorded is a log that keeps what is written to it.
type recorded struct {
	app.Logs
	lines map[app.LogName][]app.LogLine
}

// Write implements app.Logs.
func (r recorded) Write(_ context.Context, log app.LogName, lines ...app.LogLine) error {
	r.lines[log] = append(r.lines[log], lines...)
	return nil
}

func TestWhatTheRouterAnsweredIsKeptAsLongAsItsInstance(t *testing.T) {
	w := newWorld(t)
	log := recorded{lines: map[app.LogName][]app.LogLine{}}
	w.Logs = log
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	line := app.LogLine{Stream: app.Router, Text: "method=GET"}
	must(t, w.LogAccess(w.ctx, instance.ID, []app.LogLine{line}))
	if got := log.lines[app.AccessLog(instance.ID)]; len(got) != 1 || got[0] != line {
		t.Fatalf("its log has %v", got)
	}
	must(t, w.DeleteInstance(w.ctx, w.admin, instance.ID))
	must(t, w.LogAccess(w.ctx, instance.ID, []app.LogLine{line}))
	if got := log.lines[app.AccessLog(instance.ID)]; len(got) != 1 {
		t.Errorf("after its end %v is written", got[1:])
	}
}

func TestNoServiceIsCalledAsTheRouter(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	_, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: "router", Kind: app.Worker})
	wantCode(t, err, app.CodeInvalid)
	if err != nil && !strings.Contains(err.Error(), "use another") {
		t.Errorf("it is told %v", err)
	}
}
