package app_test

import (
	"sync"
	"testing"
	"time"

	"gondor/app"
)

// queued makes builds that wait for their turn.
func (w *world) queued(n int) []app.Build {
	w.t.Helper()
	site := w.site(w.team("team", nil), "site")
	builds := make([]app.Build, n)
	for i := range builds {
		var err error
		builds[i], err = w.CreateBuild(w.ctx, w.admin, app.NewBuild{Site: site.ID})
		must(w.t, err)
		must(w.t, w.Enqueue(w.ctx, builds[i].ID))
	}
	return builds
}

func TestLoopsThatClaimAtTheSameMomentNeverGetTheSameBuild(t *testing.T) {
	w := newWorld(t)
	builds := w.queued(20)
	var mu sync.Mutex
	var group sync.WaitGroup
	claims := map[app.ID[app.Build]]int{}
	w.SetClock(time.Now) // the world's own is for one goroutine
	for range builds {
		group.Go(func() {
			build, _, err := w.Claim(w.ctx)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			claims[build.ID]++
		})
	}
	group.Wait()
	for _, build := range builds {
		if claims[build.ID] != 1 {
			t.Errorf("%s was claimed %d times, want once", build.ID, claims[build.ID])
		}
	}
}

func TestABuildThatIsCancelledAtItsClaimIsNotBuilt(t *testing.T) {
	w := newWorld(t)
	w.queued(1)
	build, mine, err := w.Claim(w.ctx)
	must(t, err)
	if mine.Err() != nil {
		t.Fatal("it counts as cancelled already")
	}
	_, err = w.CancelBuild(w.ctx, w.admin, build.ID)
	must(t, err)
	if mine.Err() == nil {
		t.Error("the build goes on although it was cancelled")
	}
}
