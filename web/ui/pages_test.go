package ui_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"gondor/app"
)

// everyPage lists the pages of a site that has been deployed to.
func everyPage(site app.Site, instance app.Instance, service app.Service, release app.Release) []string {
	i := "/instances/" + string(instance.ID)
	return []string{
		"/sites/" + string(site.ID), "/sites/" + string(site.ID) + "/alerts", i, i + "/releases", i + "/hosts", i + "/tasks", i + "/logs", i + "/events",
		"/services/" + string(service.ID), "/releases/" + string(release.ID), "/builds/" + string(release.Build),
	}
}

// developersPages are those that only a developer may see.
func developersPages(site app.Site, instance app.Instance) []string {
	return []string{
		"/sites/" + string(site.ID) + "/environment",
		"/instances/" + string(instance.ID) + "/environment", "/instances/" + string(instance.ID) + "/settings",
		"/instances/" + string(instance.ID) + "/terminal",
	}
}

var liveSection = regexp.MustCompile(`data-live="([^"]+)"`)

func TestPages(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"owner", "developer", "viewer", "stranger"} {
		w.person(name)
	}
	site, instance, service := w.site("harbor")
	for _, role := range []app.Role{app.Owner, app.Developer, app.Viewer} {
		_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: string(role), Role: role})
		must(t, err)
	}
	release := w.deploy(instance, procfile)
	if release.State != app.ReleaseActive {
		t.Fatalf("the release is %s: %s", release.State, release.Message)
	}
	for _, role := range []string{"admin", "owner", "developer", "viewer", "stranger"} {
		t.Run("of a "+role, func(t *testing.T) {
			b := w.browser(role)
			want, wantMore := ok, ok
			switch role {
			case "stranger":
				want, wantMore = notFound, notFound
			case "viewer":
				wantMore = forbidden
			}
			for _, path := range everyPage(site, instance, service, release) {
				b.get(path).want(want)
			}
			for _, path := range developersPages(site, instance) {
				b.get(path).want(wantMore)
			}
			b.get("/").want(ok)
			b.get("/account").want(ok, role)
		})
	}
	t.Run("list users for an admin alone", func(t *testing.T) {
		w.browser("admin").get("/users").want(ok, "stranger")
		w.browser("owner").get("/users").want(forbidden, "Only an admin may do this.")
	})
	t.Run("offer a viewer nothing that would be refused", func(t *testing.T) {
		b := w.browser("viewer")
		for _, path := range everyPage(site, instance, service, release) {
			b.get(path).wantNot(`<form method="post"`)
		}
	})
	t.Run("render each of their live parts alone", func(t *testing.T) {
		b := w.browser("admin")
		parts := 0
		for _, path := range append(everyPage(site, instance, service, release), "/") {
			for _, match := range liveSection.FindAllStringSubmatch(b.get(path).body, -1) {
				part := b.get(match[1])
				part.want(ok)
				part.wantNot("<!doctype")
				parts++
			}
		}
		if parts < 10 {
			t.Errorf("only %d live parts were found", parts)
		}
		b.get("/?section=nothing").want(notFound)
	})
	t.Run("show what runs", func(t *testing.T) {
		b := w.browser("admin")
		b.get("/").want(ok, "harbor", "primary", "running", "harbor.localhost")
		b.get("/instances/"+string(instance.ID)).want(ok, "Deploy of 0123456", "healthy", fmt.Sprintf("v%d", release.Number))
		b.get("/releases/"+string(release.ID)).want(ok, "v1 is active: web.")
		b.get("/builds/"+string(release.Build)).want(ok, "Built in", "succeeded")
		b.get("/services/"+string(service.ID)).want(ok, "the site starts")
	})
	t.Run("of a stranger's list hold nothing foreign", func(t *testing.T) {
		a := w.browser("stranger").get("/")
		a.want(ok, "No site yet.", "gondor sites init")
		a.wantNot("harbor.localhost")
	})
}

func TestFailuresAreShownWhole(t *testing.T) {
	w := newWorld(t)
	_, instance, _ := w.site("harbor")
	release := w.deploy(instance, procfile+"release: echo one line of output; echo '<b>another</b>' >&2; exit 3\n")
	if release.State != app.ReleaseFailed {
		t.Fatalf("the release is %s", release.State)
	}
	b := w.browser("admin")
	for _, path := range []string{"/instances/" + string(instance.ID), "/releases/" + string(release.ID)} {
		b.get(path).want(ok, "failed: exit status 3", "one line of output", "&lt;b&gt;another&lt;/b&gt;", "Mend it and deploy again.")
	}
	failed := w.build(instance, "this is no Procfile")
	b.get("/builds/"+string(failed.ID)).want(ok, "failed", "Procfile")
	b.get("/instances/"+string(instance.ID)).want(ok, "/builds/"+string(failed.ID), "what ran before runs on")
	b.get("/instances/"+string(instance.ID)+"/releases").want(ok, "Newest builds", "/builds/"+string(failed.ID))
}

func TestALongHistoryIsListedInPages(t *testing.T) {
	w := newWorld(t)
	_, instance, _ := w.site("harbor")
	must(t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		for n := 1; n <= 120; n++ {
			id := app.ID[app.Release](fmt.Sprintf("%016d", n))
			if err := tx.Releases().Put(app.Release{ID: id, Instance: instance.ID, Number: n, State: app.ReleaseRetired, Reason: "deploy"}); err != nil {
				return err
			}
		}
		return nil
	}))
	b := w.browser("admin")
	path := "/instances/" + string(instance.ID) + "/releases"
	for _, c := range []struct {
		query, newest, oldest, older string
	}{
		{"", ">v120<", ">v71<", "?before=71"},
		{"?before=71", ">v70<", ">v21<", "?before=21"},
		{"?before=21", ">v20<", ">v1<", ""},
	} {
		a := b.get(path + c.query)
		a.want(ok, c.newest, c.oldest, c.older)
		if c.older == "" {
			a.wantNot("Older releases")
		}
	}
	b.get("/instances/"+string(instance.ID)).want(ok, "All releases")
}

func TestForeignThingsAreNotThere(t *testing.T) {
	w := newWorld(t)
	w.person("stranger")
	site, instance, service := w.site("harbor")
	release := w.deploy(instance, procfile)
	host, err := w.CreateHost(w.ctx, w.admin, app.NewHost{Instance: instance.ID, Name: "www.example.com"})
	must(t, err)
	set, err := w.SetVariables(w.ctx, w.admin, app.VariableOwner{Instance: instance.ID}, []app.NewVariable{{Name: "KEY", Value: "secret"}}, nil)
	must(t, err)
	task, run := w.task(instance)
	one := w.run(service, "echo foreign")
	receiver, _, err := w.CreateReceiver(w.ctx, w.admin, app.NewReceiver{Owner: app.ReceiverOwner{Site: site.ID}, Address: "https://example.com/"})
	must(t, err)
	drain, err := w.CreateDrain(w.ctx, w.admin, app.NewDrain{Instance: instance.ID, Target: "https://example.com/"})
	must(t, err)
	b := w.browser("stranger")
	for _, ids := range []struct {
		name                                                                                  string
		site, instance, service, release, build, host, value, task, run, one, receiver, drain string
	}{
		{"somebody else's", string(site.ID), string(instance.ID), string(service.ID), string(release.ID), string(release.Build), string(host.ID), string(set[0].ID), string(task.ID), string(run.ID), string(one.ID), string(receiver.ID), string(drain.ID)},
		{"what never was", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x", "x"},
	} {
		t.Run(ids.name, func(t *testing.T) {
			expand := strings.NewReplacer("SITE", ids.site, "INSTANCE", ids.instance, "SERVICE", ids.service, "RELEASE", ids.release, "BUILD", ids.build, "HOST", ids.host, "VALUE", ids.value, "TASK", ids.task, "RUN", ids.run, "ONE", ids.one, "RECEIVER", ids.receiver, "DRAIN", ids.drain)
			for _, path := range foreignGets {
				b.get(expand.Replace(path)).want(notFound)
			}
			for _, path := range foreignPosts {
				a := b.post(expand.Replace(path), "name=a&label=a&kind=web&role=viewer&username=stranger&replicas=1&size=small&key=A&value=b&host=a.example.org&to=1&confirm=primary&service=web&command=id&address=https%3A%2F%2Fa.example&target=https%3A%2F%2Fa.example")
				a.want(notFound)
			}
		})
	}
	w.browser("admin").get("/instances/"+string(instance.ID)).want(ok, "running")
}

var (
	foreignGets = []string{
		"/sites/SITE", "/sites/SITE/environment", "/sites/SITE/alerts", "/instances/INSTANCE", "/instances/INSTANCE/releases", "/instances/INSTANCE/environment",
		"/instances/INSTANCE/hosts", "/instances/INSTANCE/tasks", "/instances/INSTANCE/settings", "/services/SERVICE", "/services/SERVICE/log", "/instances/INSTANCE/logs", "/instances/INSTANCE/logs/stream",
		"/instances/INSTANCE/terminal", "/instances/INSTANCE/events", "/runs/ONE", "/runs/ONE/log", "/task-runs/RUN", "/task-runs/RUN/log",
		"/releases/RELEASE", "/releases/RELEASE/log", "/builds/BUILD", "/builds/BUILD/log", "/events?instance=INSTANCE",
	}
	foreignPosts = []string{
		"/sites/SITE/instances", "/sites/SITE/delete", "/sites/SITE/people", "/sites/SITE/people/x/remove", "/sites/SITE/environment",
		"/sites/SITE/environment/VALUE/unset", "/instances/INSTANCE/services", "/instances/INSTANCE/delete", "/instances/INSTANCE/environment",
		"/instances/INSTANCE/environment/VALUE/unset", "/instances/INSTANCE/hosts", "/instances/INSTANCE/rollback", "/services/SERVICE/scale",
		"/services/SERVICE/resize", "/services/SERVICE/restart", "/services/SERVICE/delete", "/releases/RELEASE/cancel", "/builds/BUILD/cancel", "/hosts/HOST/delete",
		"/instances/INSTANCE/tasks", "/tasks/TASK/run", "/tasks/TASK/pause", "/tasks/TASK/delete", "/task-runs/RUN/stop",
		"/instances/INSTANCE/terminal", "/instances/INSTANCE/runs", "/runs/ONE/stop",
		"/sites/SITE/alerts", "/sites/SITE/receivers/RECEIVER/test", "/sites/SITE/receivers/RECEIVER/delete", "/instances/INSTANCE/drains", "/drains/DRAIN/delete",
	}
)
