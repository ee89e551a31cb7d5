package kills

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gondor/app"
	"gondor/cli/killpoint"
)

func TestADeployIsWholeWhereverGondorIsKilled(t *testing.T) {
	for _, walk := range []struct {
		name, role string // whose points they are
		victims    []string
	}{
		{"serve, at its own points", killpoint.Serve, []string{killpoint.Serve}},
		{"the supervisor, at its own points", killpoint.Supervisor, []string{killpoint.Supervisor}},
		{"both, at the points of serve", killpoint.Serve, []string{killpoint.Supervisor, killpoint.Serve}},
		{"both, at the points of the supervisor", killpoint.Supervisor, []string{killpoint.Serve, killpoint.Supervisor}},
	} {
		t.Run(walk.name, func(t *testing.T) {
			i := installed(t)
			for _, order := range chosen(seeded(t), i.survey(walk.role, walk.victims)) {
				i.arm(order)
				i.deployUnderFire(where(order), walk.victims)
				if !i.disarm() {
					t.Logf("  which was never passed")
				}
				i.settles() // the kill may have come after the deploy
			}
			i.deployInPeace()
		})
	}
}

func TestADeployIsWholeWheneverGondorIsKilled(t *testing.T) {
	i, chance := installed(t), seeded(t)
	began := time.Now()
	i.deployInPeace()
	long := time.Since(began)
	moments := fewMoments
	if all() {
		moments = allMoments
	}
	for range moments {
		victims := [][]string{{killpoint.Serve}, {killpoint.Supervisor}, {killpoint.Serve, killpoint.Supervisor}}[chance.IntN(3)]
		after := time.Duration(chance.Int64N(int64(long)))
		done := make(chan struct{})
		time.AfterFunc(after, func() {
			defer close(done)
			for _, victim := range victims {
				i.kill(victim)
			}
		})
		i.deployUnderFire(fmt.Sprintf("after %v of %v", after.Round(time.Millisecond), long.Round(time.Millisecond)), victims)
		<-done
		i.settles() // the kill may have come after the deploy
	}
	i.deployInPeace()
}

// installed is an installation whose site has been deployed once.
func installed(t *testing.T) *installation {
	t.Helper()
	i := install(newServer(t))
	i.deployInPeace()
	return i
}

// deployUnderFire deploys while the victims are killed. Without serve a deploy goes on,
// and it does well; what a supervisor loses fails with a reason.
func (i *installation) deployUnderFire(when string, victims []string) {
	i.Helper()
	build, release := i.deploy()
	i.Logf("%v killed %s: the build %s %s; v%d %s %s", victims, when, build.State, build.Message, release.Number, release.State, release.Message)
	if !slices.Contains(victims, killpoint.Supervisor) && release.State != app.ReleaseActive {
		i.Errorf("the deploy failed although only serve was killed")
	}
	i.settles()
}

// deployInPeace deploys, which must succeed.
func (i *installation) deployInPeace() {
	i.Helper()
	build, release := i.deploy()
	if release.State != app.ReleaseActive {
		i.Fatalf("the build %s: %s; v%d %s: %s", build.State, build.Message, release.Number, release.State, release.Message)
	}
	i.settles()
}
