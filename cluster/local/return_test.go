package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster"
)

// manySites is how many sites return; brokenSites of them, which are tried first, never
// become healthy.
const (
	manySites   = 30
	brokenSites = 1
	startBound  = 3
)

// returning is a site of many.
func returning(a app.Artifact, number int, dir string) app.Workload {
	w := heldWorkload(a)
	w.Ref.Instance = app.ID[app.Instance](fmt.Sprintf("instance-%02d", number))
	w.Program.Instance = w.Ref.Instance
	w.LogName = app.LogName("service/" + string(w.Ref.Instance))
	w.Config.HealthTimeout = time.Minute
	// It is broken from the moment at which a file appears, so that it was healthy before.
	if number < brokenSites {
		w.Program.Command = `[ ! -e ` + filepath.Join(dir, "data", string(w.Ref.Instance), "broken") + ` ] || exec sleep 600; exec "$GONDOR" clustertest-site "$PORT"`
	}
	return w
}

// starts follows how many replicas have a process that is not healthy yet.
type starts struct {
	mu      sync.Mutex
	now     map[app.WorkloadRef]app.Replica
	most    int
	healthy []app.WorkloadRef // in their order
}

func (s *starts) heed(o app.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(o.Replicas) == 0 {
		return
	}
	s.now[o.Ref] = o.Replicas[0]
	if o.Replicas[0].State == app.ReplicaHealthy && !slices.Contains(s.healthy, o.Ref) {
		s.healthy = append(s.healthy, o.Ref)
	}
	s.most = max(s.most, s.count())
}

// count returns how many have a process that is not healthy yet. The caller holds the lock.
func (s *starts) count() int {
	starting := 0
	for _, r := range s.now {
		if r.State == app.ReplicaStarting && !r.Started.IsZero() {
			starting++
		}
	}
	return starting
}

// await waits until so many are healthy; each has the time that eventually gives.
func (s *starts) await(t *testing.T, count int) {
	t.Helper()
	for so := range count {
		eventually(t, fmt.Sprintf("%d of %d sites are healthy", so+1, count), func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.healthy) > so
		})
	}
}

// runStarts runs an engine and follows its starts; stop ends both.
func runStarts(t *testing.T, engine cluster.Engine) (*starts, func()) {
	t.Helper()
	s := &starts{now: map[app.WorkloadRef]app.Replica{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := engine.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	running.Go(func() { _ = engine.Observe(ctx, s.heed) }) // ctx's error
	stop := sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return s, stop
}

func TestAfterAStartOfTheMachineSitesReturnAFewAtATime(t *testing.T) {
	dir := t.TempDir()
	o := options(dir)
	o.StartsAtOnce, o.StartTurn = startBound, time.Hour // the broken one keeps its turn
	engine, a := built(t, dir, "site")
	for number := range manySites {
		if err := engine.Apply(t.Context(), returning(a, number, dir)); err != nil {
			t.Fatal(err)
		}
	}
	before, stop := runStarts(t, engine)
	before.await(t, manySites)
	stop()
	shutdownOnly(t, engine)
	for number := range brokenSites {
		path := filepath.Join(dir, "data", fmt.Sprintf("instance-%02d", number), "broken")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	again := openLocal(t, o)
	after, stop := runStarts(t, again)
	defer stop()
	after.await(t, manySites-brokenSites)
	after.mu.Lock()
	defer after.mu.Unlock()
	if after.most > startBound || after.most == 0 {
		t.Errorf("%d were starting at the same time, not %d at most", after.most, startBound)
	}
	if broken := after.now[returning(a, 0, dir).Ref]; broken.State == app.ReplicaHealthy {
		t.Errorf("the broken one is %+v", broken)
	}
}

// shutdownOnly stops everything, as the end of a machine does.
func shutdownOnly(t *testing.T, engine cluster.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := engine.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestASiteThatNeverGetsHealthyDelaysTheOthersByItsTurnAlone(t *testing.T) {
	dir := t.TempDir()
	o := options(dir)
	o.StartsAtOnce, o.StartTurn = 1, 500*time.Millisecond
	engine, a := built(t, dir, "site")
	for number := range 3 {
		if err := engine.Apply(t.Context(), returning(a, number, dir)); err != nil {
			t.Fatal(err)
		}
	}
	before, stop := runStarts(t, engine)
	before.await(t, 3)
	stop()
	shutdownOnly(t, engine)
	if err := os.WriteFile(filepath.Join(dir, "data", "instance-00", "broken"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	after, stop := runStarts(t, openLocal(t, o))
	defer stop()
	after.await(t, 2)
}

func TestAWorkerThatHasNothingToDoKeepsNobodyWaiting(t *testing.T) {
	dir := t.TempDir()
	o := options(dir)
	o.StartsAtOnce, o.StartTurn = 1, time.Hour
	engine, a := built(t, dir, "site")
	for number := range 3 {
		w := returning(a, number, dir)
		w.Kind, w.Program.Command = app.Worker, "sleep 600"
		if err := engine.Apply(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	before, stop := runStarts(t, engine)
	before.await(t, 3)
	stop()
	shutdownOnly(t, engine)

	o.WorkerAlive = time.Hour // so that none gets healthy
	after, stop := runStarts(t, openLocal(t, o))
	defer stop()
	eventually(t, "all of them have started", func() bool {
		after.mu.Lock()
		defer after.mu.Unlock()
		return after.count() == 3
	})
}
