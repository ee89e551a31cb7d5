package e2e

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"gondor/test/wheels"
)

// needs skips a test without a program that it builds with.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed, so there is nothing to build this example with", program)
		}
	}
}

func TestAnExampleIsDeployedChangedAndRolledBack(t *testing.T) {
	tests := []struct {
		name, file, old, with string
		needs                 []string
	}{
		{"static", "index.html", "</h1>", " once more</h1>", nil},
		{"go", "page.html", "<title>Clock", "<title>Clock once more", []string{"go"}},
		{"node", "page/index.html", "</h1>", " once more</h1>", []string{"node", "npm"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			needs(t, append(test.needs, "git")...)
			site := newServer(t).example(test.name)
			site.run("sites", "init", "--name", test.name)
			site.git("add", "gondor.yml")
			site.git("commit", "-qm", "Deploy with Gondor")
			site.run("deploy")
			url := site.status().WebURL
			if first := page(t, url); strings.Contains(first, " once more") {
				t.Errorf("the first page is already the second:\n%s", first)
			}
			site.edit(test.file, test.old, test.with)
			site.run("deploy")
			contains(t, page(t, url), " once more")
			site.run("rollback")
			if back := page(t, url); strings.Contains(back, " once more") {
				t.Errorf("after the rollback the page is still the second:\n%s", back)
			}
		})
	}
}

func TestTheDjangoExampleLivesItsLife(t *testing.T) {
	needs(t, "git", "python3")
	index := wheels.Serve(t, "django", "gunicorn", "whitenoise", "dj-database-url")
	server := newServer(t)
	site := server.example("django")
	site.run("sites", "init", "--name", "guestbook")
	site.run("env", "set", "--build", "PIP_INDEX_URL="+index.URL)
	site.git("add", "gondor.yml")
	site.git("commit", "-qm", "Deploy with Gondor")
	log := site.run("deploy")
	if strings.Contains(log, index.Password) {
		t.Errorf("the index's password stands in the build's output:\n%s", log)
	}

	url := site.status().WebURL
	first := page(t, url)
	contains(t, first, "Guest book")
	for _, asset := range assets(first) {
		page(t, url+asset)
	}

	site.run("run", "web", "--", "DJANGO_SUPERUSER_PASSWORD='"+password+"' python manage.py createsuperuser --noinput --username root --email root@example.com")
	browser := newBrowser(t)
	browser.signInToAdmin(url, "root", password)
	browser.write(url, "Ada", "It was lovely here.")

	site.edit("entries/templates/entries/book.html", "Guest book", "Visitors' book")
	site.run("deploy")
	second := page(t, url)
	contains(t, second, "Visitors' book")
	contains(t, second, "It was lovely here.")
	site.run("rollback")
	contains(t, page(t, url), "Guest book")
	contains(t, page(t, url), "It was lovely here.")
}

// assets lists what a page links below /static/.
func assets(page string) []string {
	return regexp.MustCompile(`/static/[^"' )]+`).FindAllString(page, -1)
}
