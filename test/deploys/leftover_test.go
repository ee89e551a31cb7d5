package deploys

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gondor/app"
)

func TestAReleaseProcessThatAKillKeptFromBeingForgottenIsForgotten(t *testing.T) {
	w := newWorld(t, "web")
	made := w.build(web("one", 200))
	released := w.release(made)
	for name, id := range map[string]app.ProcessID{
		"of a release that runs":  app.ProcessID("release-" + released.ID),
		"of a release that is no": "release-none",
	} {
		t.Run(name, func(t *testing.T) {
			w.ok(w.engine.Start(t.Context(), app.Process{ID: id, Program: app.Program{
				Site: w.instance.Site, Instance: w.instance.ID, Artifact: made.Artifact, Command: "exec sleep 600",
				Size: w.app.Sizes()[0],
			}}))
			w.stop()
			w.start()
			w.until("it is forgotten", func() bool {
				kept, err := w.engine.Kept(t.Context())
				return err == nil && !slices.Contains(kept, id)
			})
		})
	}
}

func TestSourcesThatAKillLeftAreDiscardedBehindOneThatIsWaitedFor(t *testing.T) {
	w := newWorld(t, "web")
	waiting, err := w.app.CreateBuild(t.Context(), w.who, app.NewBuild{Instance: w.instance.ID})
	w.ok(err)
	w.stop()
	dir := filepath.Join(w.dir, "sources")
	w.ok(os.MkdirAll(dir, 0o700))
	arriving, left := filepath.Join(dir, string(waiting.ID)+".tar"), filepath.Join(dir, "zzz.tar")
	w.ok(os.WriteFile(arriving, nil, 0o600))
	w.ok(os.WriteFile(left, nil, 0o600))
	w.start()
	w.until("what was left is discarded", func() bool {
		_, err := os.Stat(left)
		return os.IsNotExist(err)
	})
	if _, err := os.Stat(arriving); err != nil {
		t.Errorf("the source that is waited for is gone: %v", err)
	}
}
