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
	out := t.TempDir()
	bundle := exec.CommandContext(t.Context(), "go", "run", "github.com/evanw/esbuild/cmd/esbuild@v0.28.2", "src/app.ts", "src/app.css",
		"--bundle", "--minify", "--target=es2022", "--outdir="+out, "--log-level=warning")
	if output, err := bundle.CombinedOutput(); err != nil {
		t.Skipf("the bundler can't run here, so it is not known whether dist is what src gives: %v\n%s", err, output)
	}
	for _, name := range []string{"app.js", "app.css"} {
		made, err := os.ReadFile(filepath.Join(out, name))
		must(t, err)
		kept, err := os.ReadFile(filepath.Join("dist", name))
		must(t, err)
		if !bytes.Equal(made, kept) {
			t.Errorf("dist/%s is not what src gives; run make assets", name)
		}
	}
}
