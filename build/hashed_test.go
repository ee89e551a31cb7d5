package build_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// collected is a site with as much of Django as collects its files into STATIC_ROOT.
func collected(static map[string]string) fstest.MapFS {
	tree := files(
		"requirements.txt", "gunicorn\n", "shop/wsgi.py", "",
		"manage.py", "from django.core import management\nmanagement.execute_from_command_line()\n",
		"django/__init__.py", "def setup(): pass\n",
		"django/apps.py", "class apps:\n    is_installed = staticmethod(lambda name: True)\n",
		"django/conf.py", "class settings:\n    STATIC_ROOT = 'static_root'\n",
		"django/core/__init__.py", "",
		"django/core/management.py", "import shutil\n\ndef execute_from_command_line(argv=None):\n    shutil.copytree('collected', 'static_root')\n",
	)
	for name, text := range static {
		tree["collected/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

// collect carries out the step that collects, and returns what is then in STATIC_ROOT.
func collect(t *testing.T, cache string, static map[string]string) map[string]string {
	t.Helper()
	s := newSite(t, collected(static), cache, installed(t, "python"))
	bin := filepath.Join(s.app, ".venv", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/usr/bin/python3", filepath.Join(bin, "python")); err != nil {
		t.Fatal(err)
	}
	for _, step := range s.plan.Steps {
		if step.Name != "Collect static files" {
			continue
		}
		if err := s.step(step); err != nil {
			t.Fatalf("%v\n%s", err, s.output.String())
		}
	}
	return contents(t, filepath.Join(s.app, "static_root"))
}

// contents are the files below a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, path := range filesWith(t, dir, "") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(data)
	}
	return found
}

// wantFiles fails unless these names are there and no others.
func wantFiles(t *testing.T, when string, got map[string]string, want ...string) {
	t.Helper()
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s there are %v, want %v", when, names, want)
	}
}

// ages makes the ledger older.
func ages(t *testing.T, cache string, by time.Duration) {
	t.Helper()
	path := filepath.Join(cache, "static", "ledger.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ledger struct {
		Build int                       `json:"build"`
		Files map[string]map[string]any `json:"files"`
	}
	if err := json.Unmarshal(text, &ledger); err != nil {
		t.Fatal(err)
	}
	for _, file := range ledger.Files {
		file["until"] = file["until"].(float64) - by.Seconds()
	}
	if text, err = json.Marshal(ledger); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHashedStaticFilesOfEarlierBuildsStay(t *testing.T) {
	cache := t.TempDir()
	first := map[string]string{
		"css/book.1f2e3d4c5b6a.css": "one", "css/book.1f2e3d4c5b6a.css.gz": "zipped", "app-0123456789abcdef.js": "one",
		"css/book.css": "plain", "page.1f2e3d4c5b6a.html": "a document", "report-20240131.pdf": "a date", "jquery-3.7.1.min.js": "a version",
	}
	wantFiles(t, "after the first build", collect(t, cache, first), slices.Collect(maps.Keys(first))...)
	second := collect(t, cache, map[string]string{"css/book.aaaaaaaaaaa1.css": "two", "css/book.css": "newer"})
	wantFiles(t, "after the second", second, "css/book.aaaaaaaaaaa1.css", "css/book.css",
		"css/book.1f2e3d4c5b6a.css", "css/book.1f2e3d4c5b6a.css.gz", "app-0123456789abcdef.js")
	if second["css/book.css"] != "newer" || second["css/book.1f2e3d4c5b6a.css"] != "one" {
		t.Errorf("the contents are %v", second)
	}
	third := collect(t, cache, map[string]string{"app-0123456789abcdef.js": "one"})
	wantFiles(t, "after the third", third, "css/book.aaaaaaaaaaa1.css", "css/book.1f2e3d4c5b6a.css", "css/book.1f2e3d4c5b6a.css.gz", "app-0123456789abcdef.js")
}

func TestHashedStaticFilesGoWhenTheyWereNotCurrentForAWeekAndSeveralBuilds(t *testing.T) {
	cache := t.TempDir()
	build := func(name string) map[string]string { return collect(t, cache, map[string]string{name: name}) }
	build("a.00000000000a.css")
	ages(t, cache, 30*24*time.Hour)
	build("b.00000000000b.css") // until now a was current, however old it is
	build("c.00000000000c.css")
	wantFiles(t, "within a week", build("d.00000000000d.css"),
		"a.00000000000a.css", "b.00000000000b.css", "c.00000000000c.css", "d.00000000000d.css")
	ages(t, cache, 8*24*time.Hour)
	wantFiles(t, "after a week", build("e.00000000000e.css"),
		"c.00000000000c.css", "d.00000000000d.css", "e.00000000000e.css") // of the last three builds
	wantFiles(t, "in the cache", contents(t, filepath.Join(cache, "static", "files")),
		"c.00000000000c.css", "d.00000000000d.css", "e.00000000000e.css")
}

func TestHashedStaticFilesAreKeptWithinABudget(t *testing.T) {
	cache := t.TempDir()
	large := strings.Repeat("x", 60<<20)
	collect(t, cache, map[string]string{"old.00000000000a.js": large, "small.00000000000b.js": "small"})
	second := collect(t, cache, map[string]string{"new.00000000000c.js": large})
	wantFiles(t, "beside as much again", second, "new.00000000000c.js", "small.00000000000b.js")
}

func TestALedgerThatCantBeReadIsBegunAnew(t *testing.T) {
	cache := t.TempDir()
	collect(t, cache, map[string]string{"a.00000000000a.css": "a"})
	if err := os.WriteFile(filepath.Join(cache, "static", "ledger.json"), []byte(`{"build": 1`), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, "after half a ledger", collect(t, cache, map[string]string{"b.00000000000b.css": "b"}), "b.00000000000b.css")
	wantFiles(t, "and then", collect(t, cache, map[string]string{"c.00000000000c.css": "c"}), "b.00000000000b.css", "c.00000000000c.css")
}
