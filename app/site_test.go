package app_test

import (
	"regexp"
	"testing"

	"gondor/app"
)

func TestASiteHasANameThatItsGroupHasNotGiven(t *testing.T) {
	w := newWorld(t)
	one, two := w.team("one", nil), w.team("two", nil)
	w.site(one, "blog")
	w.site(two, "blog")
	_, err := w.CreateSite(w.ctx, w.admin, app.NewSite{Group: one.ID, Name: "blog"})
	wantCode(t, err, app.CodeConflict)
	wantField(t, err, "name")
	_, err = w.CreateSite(w.ctx, w.admin, app.NewSite{Group: one.ID, Name: "My Blog"})
	wantCode(t, err, app.CodeInvalid)
}

func TestANameIsMadeUpForASiteWithoutOne(t *testing.T) {
	w := newWorld(t)
	group := w.team("team", nil)
	seen := map[string]bool{}
	for range 20 {
		site := w.site(group, "")
		if !regexp.MustCompile(`^[a-z]+-[a-z]+-[0-9]{4}$`).MatchString(site.Name) || seen[site.Name] {
			t.Fatalf("the name %q was made up", site.Name)
		}
		seen[site.Name] = true
		must(t, app.CheckName("name", site.Name))
	}
}

func TestADeletedSiteIsFoundByNoUseCase(t *testing.T) {
	w := newWorld(t)
	group := w.team("team", nil)
	site := w.site(group, "blog")
	instance := w.instance(site, app.PrimaryLabel)
	service := w.service(instance, "web", app.Web)
	host := w.host(instance, "www.example.com")
	must(t, w.DeleteSite(w.ctx, w.admin, site.ID))

	for noun, find := range map[string]func() error{
		"site":     func() error { _, err := w.Site(w.ctx, w.admin, site.ID); return err },
		"instance": func() error { _, err := w.Instance(w.ctx, w.admin, instance.ID); return err },
		"service":  func() error { _, err := w.Service(w.ctx, w.admin, service.ID); return err },
		"host":     func() error { _, err := w.Host(w.ctx, w.admin, host.ID); return err },
	} {
		err := find()
		wantCode(t, err, app.CodeNotFound)
		if want := "no such " + noun; err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	sites, err := w.Sites(w.ctx, w.admin, group.ID)
	must(t, err)
	instances, err := w.Instances(w.ctx, w.admin, "")
	must(t, err)
	if len(sites)+len(instances) != 0 {
		t.Errorf("lists hold %v and %v", sites, instances)
	}
}

func TestADeletionLeavesTheRecordsForWhoTakesThemDown(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "blog")
	instance := w.instance(site, app.PrimaryLabel)
	service := w.service(instance, "web", app.Web)
	must(t, w.DeleteSite(w.ctx, w.admin, site.ID))
	must(t, w.Store.View(w.ctx, func(r app.Reader) error {
		kept, err := r.Sites().Get(site.ID)
		must(t, err)
		marked, err := r.Instances().Get(instance.ID)
		must(t, err)
		if kept.Deleted.IsZero() || marked.Deleted.IsZero() {
			t.Error("the records are not marked")
		}
		_, err = r.Services().Get(service.ID)
		return err
	}))
}

func TestTheNamesOfADeletedSiteAreFree(t *testing.T) {
	w := newWorld(t)
	group := w.team("team", nil)
	site := w.site(group, "blog")
	before := w.instance(site, app.PrimaryLabel)
	w.host(before, "www.example.com")
	must(t, w.DeleteSite(w.ctx, w.admin, site.ID))
	after := w.instance(w.site(group, "blog"), app.PrimaryLabel)
	if after.Domain != before.Domain || after.ID == before.ID {
		t.Errorf("the new instance has the domain %s, the deleted one had %s", after.Domain, before.Domain)
	}
	w.host(after, "www.example.com")
}

func TestASiteUserHasARoleInOneSite(t *testing.T) {
	w := newWorld(t)
	amy := w.amy()
	actor := app.Actor{User: amy.ID, Name: amy.Name}
	group := w.team("team", nil)
	blog, shop := w.site(group, "blog"), w.site(group, "shop")

	added, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: blog.ID, Email: "amy@example.com", Role: app.Viewer})
	must(t, err)
	again, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: blog.ID, Username: "amy", Role: app.Developer})
	must(t, err)
	if again.ID != added.ID {
		t.Error("amy is a user of the site twice")
	}
	_, err = w.CreateInstance(w.ctx, actor, app.NewInstance{Site: blog.ID, Label: "staging", Kind: app.Staging})
	wantCode(t, err, "")
	_, err = w.Site(w.ctx, actor, shop.ID)
	wantCode(t, err, app.CodeNotFound)
	must(t, w.RemoveSiteUser(w.ctx, w.admin, added.ID))
	_, err = w.Site(w.ctx, actor, blog.ID)
	wantCode(t, err, app.CodeNotFound)
	wantCode(t, w.RemoveSiteUser(w.ctx, w.admin, added.ID), app.CodeNotFound)
}

func TestASiteUserMustBeAUserWithARole(t *testing.T) {
	w := newWorld(t)
	w.amy()
	site := w.site(w.team("team", nil), "blog")
	for _, n := range []app.NewSiteUser{
		{Email: "nobody@example.com", Role: app.Viewer}, {Username: "nobody", Role: app.Viewer}, {Role: app.Viewer}, {Username: "amy", Role: "boss"},
	} {
		n.Site = site.ID
		_, err := w.AddSiteUser(w.ctx, w.admin, n)
		wantCode(t, err, app.CodeInvalid)
	}
}
