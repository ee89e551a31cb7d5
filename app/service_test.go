package app_test

import (
	"strings"
	"testing"

	"gondor/app"
)

func TestANewServiceIsChecked(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "blog"), app.PrimaryLabel)
	w.service(instance, "web", app.Web)
	count := func(n int) *int { return &n }
	for _, c := range []struct {
		why   string
		n     app.NewService
		code  app.Code
		field string
	}{
		{"the name is no process type", app.NewService{Name: "../web", Kind: app.Web}, app.CodeInvalid, "name"},
		{"the name is missing", app.NewService{Kind: app.Web}, app.CodeInvalid, "name"},
		{"the name reads as an option", app.NewService{Name: "--help", Kind: app.Worker}, app.CodeInvalid, "name"},
		{"release is never a service", app.NewService{Name: "release", Kind: app.Worker}, app.CodeInvalid, "name"},
		{"the name is taken", app.NewService{Name: "web", Kind: app.Worker}, app.CodeConflict, "name"},
		{"the kind is missing", app.NewService{Name: "worker"}, app.CodeInvalid, "kind"},
		{"datastores run elsewhere", app.NewService{Name: "db", Kind: app.PostgreSQL}, app.CodeInvalid, "kind"},
		{"the size is not offered", app.NewService{Name: "worker", Kind: app.Worker, Size: "huge"}, app.CodeInvalid, "size"},
		{"there are too few replicas", app.NewService{Name: "worker", Kind: app.Worker, Replicas: count(-1)}, app.CodeInvalid, "replicas"},
		{"there are too many replicas", app.NewService{Name: "worker", Kind: app.Worker, Replicas: count(app.MaxReplicas + 1)}, app.CodeInvalid, "replicas"},
	} {
		t.Run(c.why, func(t *testing.T) {
			c.n.Instance = instance.ID
			_, err := w.CreateService(w.ctx, w.admin, c.n)
			wantCode(t, err, c.code)
			wantField(t, err, c.field)
		})
	}
}

func TestAServiceIsMadeWithWhatWasAskedFor(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "blog"), app.PrimaryLabel)
	if web := w.service(instance, "web", app.Web); web.Size != app.DefaultSize || web.Replicas != 1 {
		t.Errorf("a service that says no more is %+v", web)
	}
	none := 0
	_, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: "Worker_2", Kind: app.Worker, Size: "large", Replicas: &none})
	must(t, err)
	services, err := w.Services(w.ctx, w.admin, instance.ID)
	must(t, err)
	if len(services) != 2 || services[1].Name != "Worker_2" || services[1].Size != "large" || services[1].Replicas != 0 {
		t.Errorf("the services are %+v", services)
	}
}

func TestASizeThatIsNotOfferedIsAnsweredWithThoseThatAre(t *testing.T) {
	_, err := app.DefaultSizes().Find("tiny")
	if err == nil || !strings.Contains(err.Error(), "small, medium, large, xlarge") {
		t.Errorf("the error is %v", err)
	}
	for _, size := range app.DefaultSizes() {
		found, err := app.DefaultSizes().Find(size.Name)
		must(t, err)
		if found != size {
			t.Errorf("%s is %+v", size.Name, found)
		}
	}
}

func TestAServiceIsScaledWithinItsLimits(t *testing.T) {
	w := newWorld(t)
	service := w.service(w.instance(w.site(w.team("team", nil), "blog"), app.PrimaryLabel), "web", app.Web)
	for replicas, code := range map[int]app.Code{0: "", 3: "", app.MaxReplicas: "", -1: app.CodeInvalid, app.MaxReplicas + 1: app.CodeInvalid} {
		_, err := w.Scale(w.ctx, w.admin, service.ID, replicas)
		wantCode(t, err, code)
		kept, err := w.Service(w.ctx, w.admin, service.ID)
		must(t, err)
		if (kept.Replicas == replicas) != (code == "") {
			t.Errorf("scaled to %d the service has %d replicas", replicas, kept.Replicas)
		}
	}
}

func TestAServiceWithoutAReleaseHasNothingToRestart(t *testing.T) {
	w := newWorld(t)
	service := w.service(w.instance(w.site(w.team("team", nil), "blog"), app.PrimaryLabel), "web", app.Web)
	_, err := w.Restart(w.ctx, w.admin, service.ID)
	wantCode(t, err, app.CodeConflict)
	resized, err := w.Resize(w.ctx, w.admin, service.ID, "medium")
	must(t, err)
	if resized.Size != "medium" || resized.Restart != 0 {
		t.Errorf("resized it is %+v", resized)
	}
}

func TestARunningServiceIsRestartedAndResizedByNewReplicas(t *testing.T) {
	w := newWorld(t)
	service := w.service(w.instance(w.site(w.team("team", nil), "blog"), app.PrimaryLabel), "web", app.Web)
	service.Release, service.GaveUp, service.Fault = app.NewID[app.Release](w.clock), 1, "it did not become healthy"
	must(t, w.Store.Update(w.ctx, func(tx app.Tx) error { return tx.Services().Put(service) }))

	restarted, err := w.Restart(w.ctx, w.admin, service.ID)
	must(t, err)
	if restarted.Restart != 1 || restarted.Fault != "" || restarted.GaveUp != 0 || restarted.Restarted.IsZero() {
		t.Errorf("restarted it is %+v", restarted)
	}
	resized, err := w.Resize(w.ctx, w.admin, service.ID, "medium")
	must(t, err)
	same, err := w.Resize(w.ctx, w.admin, service.ID, "medium")
	must(t, err)
	if resized.Restart != 2 || same.Restart != 2 {
		t.Errorf("the restart count is %d after a resize and %d after the same again, want 2", resized.Restart, same.Restart)
	}
	_, err = w.Resize(w.ctx, w.admin, service.ID, "huge")
	wantCode(t, err, app.CodeInvalid)
}

func TestADeletedServiceTakesItsVariablesAlong(t *testing.T) {
	w := newWorld(t)
	service := w.service(w.instance(w.site(w.team("team", nil), "blog"), app.PrimaryLabel), "web", app.Web)
	_, err := w.SetVariables(w.ctx, w.admin, app.VariableOwner{Service: service.ID}, []app.NewVariable{{Name: "A", Value: "1"}}, nil)
	must(t, err)
	must(t, w.DeleteService(w.ctx, w.admin, service.ID))
	_, err = w.Service(w.ctx, w.admin, service.ID)
	wantCode(t, err, app.CodeNotFound)
	must(t, w.Store.View(w.ctx, func(r app.Reader) error {
		for variable, err := range r.Variables().Each() {
			t.Errorf("%v is left (%v)", variable, err)
		}
		return nil
	}))
}
