package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestARunWhoseServerIsKilledLeavesNothing(t *testing.T) {
	needs(t, "git")
	server := newServer(t)
	site := server.example("static")
	site.run("sites", "init", "--name", "static")
	site.git("add", "gondor.yml")
	site.git("commit", "-qm", "Deploy with Gondor")
	site.run("deploy")
	ended := make(chan error, 1)
	go func() {
		_, err := site.try("run", "web", "--", "sleep 1000")
		ended <- err
	}()
	eventually(t, "the run is known", func() bool { return len(server.runs()) == 1 })
	server.kill()
	if err := <-ended; err == nil {
		t.Error("the run ended well although its server was killed")
	}
	server.start()
	eventually(t, "nothing is kept of the run", func() bool { return len(server.runs()) == 0 })
}

// runs lists what the supervisor keeps of processes that were started by `gondor run`.
func (s *server) runs() []string {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, "engine", "supervisor", "processes"))
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "run-") {
			names = append(names, entry.Name())
		}
	}
	return names
}
