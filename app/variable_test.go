package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gondor/app"
)

// variables lists what is set on the owner, as KEY=VALUE, [build] behind those of builds.
func (w *world) variables(owner app.VariableOwner) string {
	w.t.Helper()
	plain, err := w.Variables(w.ctx, w.admin, owner)
	must(w.t, err)
	var texts []string
	for _, v := range plain {
		text := v.Name + "=" + v.Plain
		if v.Build {
			text += "[build]"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// set sets and unsets variables of the owner.
func (w *world) set(owner app.VariableOwner, unset []string, set ...app.NewVariable) error {
	_, err := w.SetVariables(w.ctx, w.admin, owner, set, unset)
	return err
}

func TestVariablesAreSetChangedAndUnset(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	owner := app.VariableOwner{Site: site.ID}
	for _, step := range []struct {
		set   []app.NewVariable
		unset []string
		want  string
	}{
		{[]app.NewVariable{{Name: "B", Value: "2"}, {Name: "A", Value: "1"}}, nil, "A=1 B=2"},
		{[]app.NewVariable{{Name: "A", Value: ""}}, nil, "A= B=2"},
		{[]app.NewVariable{{Name: "A", Value: "for builds", Build: true}}, nil, "A= A=for builds[build] B=2"},
		{[]app.NewVariable{{Name: "PORT", Value: "9000"}}, []string{"A"}, "B=2 PORT=9000"},
		{nil, []string{"B", "PORT"}, ""},
	} {
		must(t, w.set(owner, step.unset, step.set...))
		if got := w.variables(owner); got != step.want {
			t.Errorf("set are %q, want %q", got, step.want)
		}
	}
}

func TestVariablesOfASiteAnInstanceAndAServiceAreApart(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	instance := w.instance(site, app.PrimaryLabel)
	service := w.service(instance, "web", app.Web)
	owners := []app.VariableOwner{{Site: site.ID}, {Instance: instance.ID}, {Service: service.ID}}
	for i, owner := range owners {
		must(t, w.set(owner, nil, app.NewVariable{Name: "A", Value: fmt.Sprint(i)}))
	}
	for i, owner := range owners {
		if got, want := w.variables(owner), fmt.Sprintf("A=%d", i); got != want {
			t.Errorf("%+v has %q, want %q", owner, got, want)
		}
	}
}

func TestWhatWasSetIsReturnedInTheOrderOfTheRequest(t *testing.T) {
	w := newWorld(t)
	owner := app.VariableOwner{Site: w.site(w.team("team", nil), "blog").ID}
	must(t, w.set(owner, nil, app.NewVariable{Name: "A", Value: "old"}))
	got, err := w.SetVariables(w.ctx, w.admin, owner, []app.NewVariable{{Name: "Z", Value: "26"}, {Name: "A", Value: "1"}}, nil)
	must(t, err)
	if len(got) != 2 || got[0].Name != "Z" || got[0].Plain != "26" || got[1].Plain != "1" || got[1].ID == "" {
		t.Errorf("returned are %+v", got)
	}
}

func TestAFaultInOneVariableChangesNone(t *testing.T) {
	w := newWorld(t)
	owner := app.VariableOwner{Site: w.site(w.team("team", nil), "blog").ID}
	must(t, w.set(owner, nil, app.NewVariable{Name: "KEPT", Value: "1"}))
	for _, c := range []struct {
		why   string
		set   []app.NewVariable
		unset []string
	}{
		{"a key is none", []app.NewVariable{{Name: "2ND", Value: "2"}}, nil},
		{"a key is Gondor's own", []app.NewVariable{{Name: "GONDOR_RELEASE", Value: "v9"}}, nil},
		{"a value holds a NUL", []app.NewVariable{{Name: "B", Value: "\x00"}}, nil},
		{"a value is too long", []app.NewVariable{{Name: "B", Value: strings.Repeat("b", 128<<10)}}, nil},
		{"a key is set twice", []app.NewVariable{{Name: "B", Value: "1"}, {Name: "B", Value: "1"}}, nil},
		{"a key is unset twice", nil, []string{"KEPT", "KEPT"}},
		{"a key is set and unset", []app.NewVariable{{Name: "KEPT", Value: "1"}}, []string{"KEPT"}},
		{"a key that is unset was not set", nil, []string{"B"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			set := append([]app.NewVariable{{Name: "FINE", Value: "1"}, {Name: "ALSO", Value: "2"}}, c.set...)
			wantCode(t, w.set(owner, c.unset, set...), app.CodeInvalid)
			if got := w.variables(owner); got != "KEPT=1" {
				t.Errorf("set are %q", got)
			}
		})
	}
}

func TestAllFaultsOfARequestAreTold(t *testing.T) {
	w := newWorld(t)
	owner := app.VariableOwner{Site: w.site(w.team("team", nil), "blog").ID}
	err := w.set(owner, nil, app.NewVariable{Name: "A-B", Value: "1"}, app.NewVariable{Name: "B", Value: "\x00"})
	var faults app.Errors
	if !errors.As(err, &faults) || len(faults) != 2 || faults[0].Field != "key" || faults[1].Field != "value" {
		t.Errorf("the error is %#v", err)
	}
}

func TestVariablesHaveOneOwner(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	instance := w.instance(site, app.PrimaryLabel)
	for _, owner := range []app.VariableOwner{{}, {Site: site.ID, Instance: instance.ID}} {
		_, err := w.Variables(w.ctx, w.admin, owner)
		wantCode(t, err, app.CodeInvalid)
		wantCode(t, w.set(owner, nil, app.NewVariable{Name: "A", Value: "1"}), app.CodeInvalid)
	}
}

// deployed makes an instance whose web service has a release.
func (w *world) deployed(site app.Site, label string) app.Instance {
	w.t.Helper()
	instance := w.instance(site, label)
	service := w.service(instance, "web", app.Web)
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		build := app.Build{ID: app.NewID[app.Build](w.clock), Site: site.ID, State: app.BuildSucceeded}
		release := app.Release{
			ID: app.NewID[app.Release](w.clock), Instance: instance.ID, Number: 1, Build: build.ID,
			Services: []string{"web"}, State: app.ReleaseActive,
		}
		service.Release, instance.LastRelease = release.ID, 1
		return errors.Join(tx.Builds().Put(build), tx.Releases().Put(release), tx.Services().Put(service), tx.Instances().Put(instance))
	}))
	return instance
}

// lastRelease is the number of the instance's newest release.
func (w *world) lastRelease(instance app.Instance) int {
	w.t.Helper()
	found, err := w.Instance(w.ctx, w.admin, instance.ID)
	must(w.t, err)
	return found.LastRelease
}

func TestChangedVariablesMakeOneReleaseForEachInstanceThatTheyReach(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	one, two := w.deployed(site, "one"), w.deployed(site, "two")
	gone := w.deployed(site, "gone")
	must(t, w.DeleteInstance(w.ctx, w.admin, gone.ID))
	must(t, w.set(app.VariableOwner{Site: site.ID}, nil, app.NewVariable{Name: "A", Value: "1"}, app.NewVariable{Name: "B", Value: "2"}))
	if a, b := w.lastRelease(one), w.lastRelease(two); a != 2 || b != 2 {
		t.Errorf("after a change of the site the newest releases are v%d and v%d, want v2", a, b)
	}
}

func TestAChangeOfOneInstanceLeavesTheOthers(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	one, two := w.deployed(site, "one"), w.deployed(site, "two")
	must(t, w.set(app.VariableOwner{Instance: one.ID}, nil, app.NewVariable{Name: "A", Value: "1"}))
	if a, b := w.lastRelease(one), w.lastRelease(two); a != 2 || b != 1 {
		t.Errorf("the newest releases are v%d and v%d, want v2 and v1", a, b)
	}
}

func TestWhatProcessesDoNotSeeMakesNoRelease(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	owner := app.VariableOwner{Site: site.ID}
	must(t, w.set(owner, nil, app.NewVariable{Name: "A", Value: "1"}))
	instance := w.deployed(site, "one")
	must(t, w.set(owner, nil, app.NewVariable{Name: "A", Value: "1"}))
	must(t, w.set(owner, nil, app.NewVariable{Name: "INDEX_TOKEN", Value: "t", Build: true}))
	must(t, w.set(owner, []string{"INDEX_TOKEN"}))
	if got := w.lastRelease(instance); got != 1 {
		t.Errorf("the newest release is v%d, want v1", got)
	}
	must(t, w.set(owner, []string{"A"}))
	if got := w.lastRelease(instance); got != 2 {
		t.Errorf("after an unset the newest release is v%d, want v2", got)
	}
}
