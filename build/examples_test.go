package build_test

import (
	"bufio"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gondor/test/wheels"
)

func TestTheDjangoExampleIsBuiltAndServed(t *testing.T) {
	runtimes := installed(t, "python")
	index := wheels.Serve(t, "Django", "gunicorn", "whitenoise", "dj-database-url")
	cache := t.TempDir()
	s := newSite(t, example(t, "django"), cache, runtimes)
	s.variables["PIP_INDEX_URL"] = index.URL
	first := s.build()
	s.move()
	servesGuestBook(t, s)

	again := newSite(t, example(t, "django"), cache, runtimes)
	again.variables["PIP_INDEX_URL"] = index.URL
	second := again.build()
	again.move()
	servesGuestBook(t, again)
	t.Logf("the first build took %s, the second %s", first.Round(time.Millisecond), second.Round(time.Millisecond))
	if out := again.output.String(); !strings.Contains(out, "taken over") {
		t.Errorf("the second build took nothing over from the first:\n%s", out)
	}
	for _, dir := range []string{s.app, again.app, filepath.Join(cache, "python")} {
		if found := filesWith(t, dir, index.Password); len(found) > 0 {
			t.Errorf("the token of the build stands in %v", found)
		}
	}
}

var stylePattern = regexp.MustCompile(`/static/entries/book\.[0-9a-f]{12}\.css`)

// servesGuestBook migrates, serves, and signs the guest book as a browser would.
func servesGuestBook(t *testing.T, s *site) {
	t.Helper()
	env := map[string]string{"DATA_DIR": t.TempDir(), "SECRET_KEY": "a secret of a test", "ALLOWED_HOSTS": "127.0.0.1,localhost"}
	s.run(s.plan.Processes["release"], env)
	address := s.serve(env)
	style := stylePattern.FindString(get(t, address))
	if css := get(t, address+style); style == "" || !strings.Contains(css, "--accent") {
		t.Errorf("the style sheet %q is %q", style, css)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar}
	page, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	place, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"name": {"Beregond"}, "message": {"I was here"}, "csrfmiddlewaretoken": {jar.Cookies(place)[0].Value}}
	signed, err := browser.PostForm(address, form)
	if err != nil || signed.StatusCode != http.StatusOK {
		t.Fatalf("signing got %v, %v", signed, err)
	}
	signed.Body.Close()
	if !strings.Contains(get(t, address), "I was here") {
		t.Error("the page does not show the new entry")
	}
	get(t, address+"/admin/login/")
}

func TestTheNodeExampleIsBuiltAndServed(t *testing.T) {
	runtimes := installed(t, "node", "npm")
	cache := t.TempDir()
	s := newSite(t, example(t, "node"), cache, runtimes)
	first := s.build()
	again := newSite(t, example(t, "node"), cache, runtimes)
	again.variables["npm_config_offline"] = "true" // nothing is fetched the second time
	second := again.build()
	t.Logf("the first build took %s, the second %s", first.Round(time.Millisecond), second.Round(time.Millisecond))
	again.move()
	address := again.serve(nil)
	if page := get(t, address); !strings.Contains(page, "<title>") {
		t.Errorf("the page is %s", page)
	}
	sendsEvents(t, address+"/events")
}

func TestTheGoExampleIsBuiltAndServed(t *testing.T) {
	runtimes := installed(t, "go")
	cache := t.TempDir()
	compiled, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, example(t, "go"), cache, runtimes)
	s.variables["GOCACHE"] = strings.TrimSpace(string(compiled)) // spares the standard library
	first := s.build()
	again := newSite(t, example(t, "go"), cache, runtimes)
	again.variables = s.variables
	second := again.build()
	t.Logf("the first build took %s, the second %s", first.Round(time.Millisecond), second.Round(time.Millisecond))
	again.move()
	address := again.serve(nil)
	if page := get(t, address); !strings.Contains(page, "<title>") {
		t.Errorf("the page is %s", page)
	}
	sendsEvents(t, address+"/events")
}

// sendsEvents waits for two server-sent events.
func sendsEvents(t *testing.T, address string) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("events come as %q", kind)
	}
	seen := 0
	for scanner := bufio.NewScanner(answer.Body); seen < 2 && scanner.Scan(); {
		if strings.HasPrefix(scanner.Text(), "data: ") {
			seen++
		}
	}
	if seen < 2 {
		t.Error("the events ended too soon")
	}
}

func TestTheStaticExampleHasNothingToBuild(t *testing.T) {
	s := newSite(t, example(t, "static"), t.TempDir(), nil)
	if len(s.plan.Steps) != 0 || s.plan.Processes["web"] != `exec "$GONDOR" static '.'` {
		t.Errorf("the plan is %+v", s.plan)
	}
}

func TestNoExampleHasAGondorYMLOfItsOwn(t *testing.T) {
	found, err := filepath.Glob("../examples/*/gondor.yml")
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v; sites init makes it", found, err)
	}
	for _, name := range []string{"django", "node", "go", "static"} {
		if _, err := os.Stat(filepath.Join("../examples", name, "README.md")); err != nil {
			t.Error(err)
		}
	}
}
