package local

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gondor/app"
)

// counting is a worker that has a turn, in a group whose CPU time the test says.
func counting(t *testing.T, two bool) (r *replica, use func(time.Duration)) {
	t.Helper()
	dir := t.TempDir()
	e := &Engine{cgroups: &cgroups{name: "gondor", roots: map[string]string{"cpuacct": dir}, two: two}, turns: &turns{}}
	r = &replica{workload: &workload{engine: e}, id: "worker", spec: app.Workload{Kind: app.Worker}}
	r.turn = e.turns.queue(rankWorker)
	group := filepath.Join(dir, e.cgroups.at(sites.group(r.id)))
	if err := os.MkdirAll(group, 0o755); err != nil {
		t.Fatal(err)
	}
	return r, func(used time.Duration) {
		name, text := "cpuacct.usage", fmt.Sprintf("%d\n", used.Nanoseconds())
		if two {
			name, text = "cpu.stat", fmt.Sprintf("usage_usec %d\nuser_usec 5\nsystem_usec 7\n", used.Microseconds())
		}
		if err := os.WriteFile(filepath.Join(group, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWorkersTurnEndsWhenItUsesLittleCPU(t *testing.T) {
	for _, two := range []bool{false, true} {
		t.Run(fmt.Sprintf("version 2: %t", two), func(t *testing.T) {
			r, use := counting(t, two)
			c := newCalm(r)
			use(3 * time.Hour) // of the processes before
			c.begin()
			for busy := time.Duration(1); busy < 4; busy++ {
				use(3*time.Hour + busy*(calmCPU+time.Millisecond))
				if c.look(); r.turn == nil {
					t.Fatal("a busy worker lost its turn")
				}
			}
			if c.look(); r.turn != nil {
				t.Error("a worker that did nothing in an interval has its turn still")
			}
		})
	}
}

func TestWhereCPUTimeCannotBeSeenAWorkersTurnEndsAfterAWhile(t *testing.T) {
	r, _ := counting(t, true)
	r.workload.engine.cgroups = &cgroups{}
	c := newCalm(r)
	c.begin()
	if r.turn == nil {
		t.Fatal("it ended at once")
	}
	<-c.timer.C
	if c.look(); r.turn != nil {
		t.Error("it never ends")
	}
}
