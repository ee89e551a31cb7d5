package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// waitingProcfile has a release process that tells of each time that it ran, and goes on
// when the test lets it.
const waitingProcfile = `web: exec "$GONDOR" static .
release: echo ran >> "$DATA_DIR/ran"; until [ -e "$DATA_DIR/go" ]; do sleep 0.1; done
`

func TestAReleaseProcessRunsOnceHoweverOftenItsServerIsKilled(t *testing.T) {
	needs(t, "git")
	server := newServer(t)
	site := server.example("static")
	if err := os.WriteFile(filepath.Join(site.dir, "Procfile"), []byte(waitingProcfile), 0o644); err != nil {
		t.Fatal(err)
	}
	site.run("sites", "init", "--name", "patient")
	site.git("add", ".")
	site.git("commit", "-qm", "Release patiently")
	ended := make(chan deployed, 1)
	go func() {
		out, err := site.try("deploy")
		ended <- deployed{out, err}
	}()
	var ran []string
	eventually(t, "the release process runs", func() bool {
		ran, _ = filepath.Glob(filepath.Join(server.dir, "engine/data/*/ran"))
		return len(ran) == 1
	})
	for range 2 {
		server.kill()
		server.start()
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(ran[0]), "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := <-ended; got.err != nil {
		t.Fatalf("the deploy failed: %v\n%s", got.err, got.out)
	}
	page(t, site.status().WebURL)
	if text, err := os.ReadFile(ran[0]); err != nil || string(text) != "ran\n" {
		t.Errorf("the release process wrote %q (%v), want that it ran once", text, err)
	}
}
