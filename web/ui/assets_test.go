package ui_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

func TestAssetsAreKeptForEverUnderTheNameOfTheirContents(t *testing.T) {
	w := newWorld(t)
	found := regexp.MustCompile(`/assets/[a-z]+\.[0-9a-f]{12}\.(css|js|svg)`).FindAllString(w.guest().get("/sign-in").body, -1)
	if len(found) != 3 {
		t.Fatalf("the page names the assets %v", found)
	}
	for _, path := range found {
		a := w.guest().get(path)
		a.want(ok)
		if got := a.header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s has Cache-Control %q", path, got)
		}
	}
	w.guest().get("/assets/app.000000000000.js").want(http.StatusNotFound)
}

func TestTheDistributionIsMadeOfTheSources(t *testing.T) {
	if testing.Short() {
		t.Skip("the bundler takes a while to build")
	}
	for _, c := range []struct {
		page  string
		from  []string
		made  []string
		needs string // what comes from a registry
	}{
		{"every page", []string{"src/app.ts", "src/app.css"}, []string{"app.js", "app.css"}, "src"},
		{"the terminal's page", []string{"src/terminal.ts"}, []string{"terminal.js", "terminal.css"}, "node_modules/@xterm/xterm"},
	} {
		t.Run("for "+c.page, func(t *testing.T) {
			if _, err := os.Stat(c.needs); err != nil {
				t.Skipf("%s is not here, so it is not known whether dist is what src gives; run make assets where there is npm", c.needs)
			}
			wantBundle(t, c.from, c.made)
		})
	}
}

// wantBundle fails when the bundler makes other files of the sources than dist has.
func wantBundle(t *testing.T, sources, names []string) {
	t.Helper()
	out := t.TempDir()
	arguments := append([]string{
		"run", "github.com/evanw/esbuild/cmd/esbuild@v0.28.2",
		"--bundle", "--minify", "--target=es2022", "--outdir=" + out, "--log-level=warning",
	}, sources...)
	if output, err := exec.CommandContext(t.Context(), "go", arguments...).CombinedOutput(); err != nil {
		t.Skipf("the bundler can't run here, so it is not known whether dist is what src gives: %v\n%s", err, output)
	}
	for _, name := range names {
		made, err := os.ReadFile(filepath.Join(out, name))
		must(t, err)
		kept, err := os.ReadFile(filepath.Join("dist", name))
		must(t, err)
		if !bytes.Equal(made, kept) {
			t.Errorf("dist/%s is not what src gives; run make assets", name)
		}
	}
}

func TestTheLockOfTheScriptsNamesNoHost(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	must(t, err)
	if found := regexp.MustCompile(`"resolved"|[a-z]+://`).Find(lock); found != nil {
		t.Errorf("package-lock.json has %s; it is to be made by npm install with the .npmrc beside it", found)
	}
}

func TestOnlyTheTerminalLoadsTheTerminal(t *testing.T) {
	w := newWorld(t)
	_, instance, _ := w.site("harbor")
	b, page := w.browser("admin"), "/instances/"+string(instance.ID)
	b.get(page+"/terminal").want(ok, "/assets/terminal.")
	b.get(page).wantNot("/assets/terminal.")
}
