package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// slowSite is a site whose build takes some seconds, in a git repository of its own.
func (s *server) slowSite() place {
	s.t.Helper()
	p := s.example("static")
	files := map[string]string{
		"package.json": `{"name": "slow", "version": "1.0.0", "scripts": {"build": "echo begun >> begun; sleep 3; echo built"}}`,
		"Procfile":     "web: exec node web.js\nrelease: echo ran >> \"$DATA_DIR/ran\"\n",
		"web.js":       "require('http').createServer((_, r) => r.end(require('fs').readFileSync('begun'))).listen(process.env.PORT, '127.0.0.1')\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	p.run("sites", "init", "--name", "slow")
	p.git("add", ".")
	p.git("commit", "-qm", "Build slowly")
	return p
}

// deployed is how a deploy that ran beside ended.
type deployed struct {
	out string
	err error
}

// deployUntilItBuilds begins a deploy and returns when its build is at work.
func (p place) deployUntilItBuilds() <-chan deployed {
	p.server.t.Helper()
	ended := make(chan deployed, 1)
	go func() {
		out, err := p.try("deploy")
		ended <- deployed{out, err}
	}()
	eventually(p.server.t, "the build is at work", func() bool {
		begun, _ := filepath.Glob(filepath.Join(p.server.dir, "engine/artifacts/*/*/app/begun"))
		return len(begun) > 0
	})
	return ended
}

func TestABuildOutlivesItsServer(t *testing.T) {
	needs(t, "git", "node", "npm")
	server := newServer(t)
	site := server.slowSite()
	ended := site.deployUntilItBuilds()
	server.kill()
	server.start()
	if got := <-ended; got.err != nil {
		t.Fatalf("the deploy failed: %v\n%s", got.err, got.out)
	}
	if got := page(t, site.status().WebURL); got != "begun\n" {
		t.Errorf("the step of the build ran %d times, want once", strings.Count(got, "begun"))
	}
	ran, err := filepath.Glob(filepath.Join(server.dir, "engine/data/*/ran"))
	if err != nil || len(ran) != 1 {
		t.Fatalf("the release process wrote %v (%v), want one file", ran, err)
	}
	if text, err := os.ReadFile(ran[0]); err != nil || string(text) != "ran\n" {
		t.Errorf("the release process wrote %q (%v), want that it ran once", text, err)
	}
}

func TestABuildWhoseSupervisorIsKilledSaysSo(t *testing.T) {
	needs(t, "git", "node", "npm")
	server := newServer(t)
	site := server.slowSite()
	ended := site.deployUntilItBuilds()
	if err := exec.Command("pkill", "-KILL", "-f", "supervisor.*"+server.dir).Run(); err != nil {
		t.Fatal(err)
	}
	got := <-ended
	if got.err == nil {
		t.Fatalf("the deploy succeeded without the supervisor:\n%s", got.out)
	}
	sentence := lastLine(got.out)
	if !strings.HasPrefix(sentence, "gondor: the build failed: ") || strings.Contains(sentence, server.dir) {
		t.Errorf("it says %q, want one sentence without paths", sentence)
	}
	site.run("deploy")
	page(t, site.status().WebURL)
}
