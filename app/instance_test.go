package app_test

import (
	"strings"
	"testing"

	"gondor/app"
)

func TestANewInstanceIsChecked(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	w.instance(site, "staging")
	for _, c := range []struct {
		why   string
		n     app.NewInstance
		code  app.Code
		field string
	}{
		{"the label is missing", app.NewInstance{Kind: app.Staging}, app.CodeInvalid, "label"},
		{"the label is none", app.NewInstance{Label: "feature/x", Kind: app.Staging}, app.CodeInvalid, "label"},
		{"the label is taken", app.NewInstance{Label: "staging", Kind: app.Staging}, app.CodeConflict, "label"},
		{"the kind is missing", app.NewInstance{Label: "primary"}, app.CodeInvalid, "kind"},
		{"the kind is none", app.NewInstance{Label: "primary", Kind: "test"}, app.CodeInvalid, "kind"},
	} {
		t.Run(c.why, func(t *testing.T) {
			c.n.Site = site.ID
			_, err := w.CreateInstance(w.ctx, w.admin, c.n)
			wantCode(t, err, c.code)
			wantField(t, err, c.field)
		})
	}
}

func TestAnInstanceKeepsASecretOfItsOwn(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	one, err := w.Vault.Open(w.instance(site, "one").Secret)
	must(t, err)
	two, err := w.Vault.Open(w.instance(site, "two").Secret)
	must(t, err)
	if len(one) < 50 || one == two {
		t.Errorf("the secrets are %d characters long, the same: %v", len(one), one == two)
	}
}

func TestADeletedInstanceIsFoundByNoUseCase(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	instance := w.instance(site, "staging")
	host := w.host(instance, "www.example.com")
	must(t, w.DeleteInstance(w.ctx, w.admin, instance.ID))
	_, err := w.Instance(w.ctx, w.admin, instance.ID)
	wantCode(t, err, app.CodeNotFound)
	_, err = w.Host(w.ctx, w.admin, host.ID)
	wantCode(t, err, app.CodeNotFound)
	wantCode(t, w.DeleteInstance(w.ctx, w.admin, instance.ID), app.CodeNotFound)
	instances, err := w.Instances(w.ctx, w.admin, site.ID)
	must(t, err)
	if len(instances) != 0 {
		t.Errorf("the site lists %v", instances)
	}
	w.instance(site, "staging")
}

func TestInstancesAreListedInTheOrderOfTheirMaking(t *testing.T) {
	w := newWorld(t)
	amy := w.person("amy", false)
	group := w.team("team", map[string]app.Role{"amy": app.Viewer})
	hidden := w.site(w.team("other", nil), "hidden")
	blog := w.site(group, "blog")
	labels := []string{"primary", "staging", "a-branch"}
	for _, label := range labels {
		w.instance(blog, label)
		w.instance(hidden, label)
	}
	for _, site := range []app.ID[app.Site]{blog.ID, ""} {
		instances, err := w.Instances(w.ctx, amy, site)
		must(t, err)
		var got []string
		for _, instance := range instances {
			got = append(got, instance.Label)
		}
		if strings.Join(got, " ") != strings.Join(labels, " ") {
			t.Errorf("of site %q amy sees %v, want %v", site, got, labels)
		}
	}
}
