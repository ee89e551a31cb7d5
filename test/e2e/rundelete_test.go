package e2e

import (
	"errors"
	"os/exec"
	"testing"
)

func TestARunEndsWithItsInstance(t *testing.T) {
	needs(t, "git")
	server := newServer(t)
	site := server.example("static")
	site.run("sites", "init", "--name", "static")
	site.git("add", "gondor.yml")
	site.git("commit", "-qm", "Deploy with Gondor")
	site.run("deploy")
	ended := make(chan error, 1)
	go func() {
		_, err := site.try("run", "web", "--", `trap "" TERM; echo begun > "$DATA_DIR/begun"; while :; do sleep 0.1; done`)
		ended <- err
	}()
	eventually(t, "the run is known", func() bool { return len(server.runs()) == 1 })
	site.run("instances", "delete", "primary", "--yes")
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 137 {
		t.Errorf("the run ended with %v, want 137 for SIGKILL", err)
	}
	eventually(t, "nothing is kept of the run", func() bool { return len(server.runs()) == 0 })
}
