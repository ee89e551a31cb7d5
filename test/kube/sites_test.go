package kube

import (
	"strings"
	"testing"
)

func TestAnExampleIsBuiltInTheClusterServedScaledOverTheNodesAndRolledBack(t *testing.T) {
	for _, c := range []struct{ name, file, old, with string }{
		{"static", "index.html", "</h1>", " once more</h1>"},
		{"go", "page.html", "<title>Clock", "<title>Clock once more"},
		{"node", "page/index.html", "</h1>", " once more</h1>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := example(t, c.name, c.name)
			site.run("env", "set", "--build", "NPM_CONFIG_REGISTRY="+site.gondor.NPM)
			site.run("deploy")
			url := site.url()
			if first := page(t, url); strings.Contains(first, " once more") {
				t.Errorf("the first page is already the second:\n%s", first)
			}
			site.edit(c.file, c.old, c.with)
			site.run("deploy")
			contains(t, page(t, url), " once more")
			site.run("services", "scale", "web", "--replicas", "3")
			eventually(t, "its three replicas are on three nodes", func() bool { return len(nodesOf(site.pods("web"))) == 3 })
			site.run("rollback")
			if back := page(t, url); strings.Contains(back, " once more") {
				t.Errorf("after the rollback the page is still the second:\n%s", back)
			}
			site.run("sites", "delete", "--yes")
		})
	}
}

func TestDjangoKeepsItsEntriesInAPostgreSQLOfTheCluster(t *testing.T) {
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
	url := site.url()
	first := page(t, url)
	contains(t, first, "Guest book")
	for _, found := range asset.FindAllStringSubmatch(first, -1) {
		page(t, url+found[1])
	}
	contains(t, site.run("run", "web", "--", "python manage.py count_entries --once 2>&1 || python manage.py showmigrations"), "entries")
}
