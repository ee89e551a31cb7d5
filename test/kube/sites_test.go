package kube

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gondor/app"
	"gondor/test/kube/world"
	"gondor/web/api"
)

func TestAnExampleIsBuiltInTheClusterServedScaledOverTheNodesAndRolledBack(t *testing.T) {
	for _, c := range []struct{ name, file, old, with string }{
		{"static", "index.html", "</h1>", " once more</h1>"},
		{"go", "page.html", "<title>Clock", "<title>Clock once more"},
		{"node", "page/index.html", "</h1>", " once more</h1>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name != "static" {
				world.Long(t)
			}
			site := example(t, c.name, c.name)
			site.run("env", "set", "--build", "NPM_CONFIG_REGISTRY="+site.gondor.NPM)
			site.run("deploy")
			site.changes(c.file, c.old, c.with)
			if c.name == "static" {
				site.schedules()
				site.logsRequests()
			}
			site.run("sites", "delete", "--yes")
		})
	}
}

func TestDjangoKeepsItsEntriesInAPostgreSQLOfTheCluster(t *testing.T) {
	world.Long(t)
	i := gondor(t)
	database := postgresql(t, i)
	site := example(t, "django", "guestbook")
	site.edit("requirements.txt", "", "psycopg2\n")
	site.run("env", "set", "--build", "PIP_INDEX_URL="+i.PIP, "PIP_TRUSTED_HOST=10.123.0.254")
	site.run("env", "set", "DATABASE_URL="+database)
	log := site.run("deploy")
	if strings.Contains(log, i.Index.Password) {
		t.Errorf("the index's password stands in the build's output:\n%s", log)
	}
	site.run("run", "web", "--", "python manage.py shell -c \"from entries.models import Entry; Entry.objects.create(name='Ada', message='I was here')\"")
	site.changes("entries/templates/entries/book.html", "Guest book", "Guest book once more")
	contains(t, page(t, site.url()), "I was here")
	site.run("sites", "delete", "--yes")
}

// changes deploys a change of the page, scales that over the nodes, and rolls it back.
func (p place) changes(file, old, with string) {
	p.t.Helper()
	url := p.url()
	assets(p.t, url)
	p.edit(file, old, with)
	p.run("deploy")
	eventually(p.t, "every page is the second", func() bool { return strings.Contains(page(p.t, url), " once more") }) // each router hears of it by itself
	contains(p.t, assets(p.t, url), " once more")
	p.run("services", "scale", "web", "--replicas", "3")
	eventually(p.t, "its three replicas are on three nodes", func() bool { return len(nodesOf(p.pods("web"))) == 3 })
	p.run("rollback")
	eventually(p.t, "the page is the first again", func() bool { return !strings.Contains(page(p.t, url), " once more") })
}

// schedules runs a command by hand and by the clock, and reads what was written.
func (p place) schedules() {
	p.t.Helper()
	p.run("scheduled-tasks", "create", "--name", "tell", "--schedule", "* * * * *", "--", `echo "it runs $GONDOR_RELEASE"`)
	contains(p.t, p.run("scheduled-tasks", "run", "tell"), "it runs v3")
	eventually(p.t, "the clock runs it too", func() bool {
		var runs []api.TaskRun
		if err := json.Unmarshal([]byte(p.run("scheduled-tasks", "runs", "tell", "--output", "json")), &runs); err != nil {
			p.t.Fatal(err)
		}
		return slices.ContainsFunc(runs, func(r api.TaskRun) bool { return r.Asker == "" && r.State == app.TaskRunSucceeded })
	})
	contains(p.t, p.run("scheduled-tasks", "log", "tell"), "it runs v3")
	contains(p.t, p.run("logs", "web", "--grep", "Listening on port"), "Listening on port")
}

// logsRequests finds each request in the log of the instance, once, also those that routers
// answered while the control plane was away.
func (p place) logsRequests() {
	p.t.Helper()
	url := p.url()
	ask := func(phase string) {
		for n := range 20 {
			page(p.t, fmt.Sprintf("%s/?asked=%s-%d.", url, phase, n))
		}
	}
	logged := func(phase string) (all []string) {
		return regexp.MustCompile("asked="+phase+`-\d+\.`).FindAllString(p.run("logs", "router", "--grep", "asked="+phase+"-"), -1)
	}
	ask("before")
	eventually(p.t, "the requests are in the log", func() bool { return len(logged("before")) >= 20 })
	replaceControlPlane(p.t, p.gondor, func() { ask("meanwhile") })
	eventually(p.t, "the requests that came meanwhile are in the log", func() bool { return len(logged("meanwhile")) >= 20 })
	for _, phase := range []string{"before", "meanwhile"} {
		all := logged(phase)
		if slices.Sort(all); len(all) != 20 || len(slices.Compact(all)) != 20 {
			p.t.Errorf("of 20 requests %s the log has %q", phase, all)
		}
	}
}

// assets fetches a page and what it links, and returns the page.
func assets(t *testing.T, url string) string {
	t.Helper()
	text := page(t, url)
	for _, found := range asset.FindAllStringSubmatch(text, -1) {
		page(t, url+found[1])
	}
	return text
}
