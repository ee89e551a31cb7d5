package local_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"gondor/app"
	"gondor/cluster/local"
	"gondor/test/smalldisk"
)

func TestAGreedyBuildEndsWithItsLimitAndDisturbsNoSite(t *testing.T) {
	asRoot(t)
	o := options(smalldisk.Mount(t, 256<<20))
	o.Limits, o.Reserve = local.Limits{Memory: 300 << 20, PIDs: 100}, 32<<20
	engine := openLocal(t, o)
	limited(t, engine)
	w := heldWorkload(build(t, engine, "site", "true"))
	told := observe(t, engine)
	if err := engine.Apply(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the site is healthy", func() bool {
		replicas := told.of(w.Ref).Replicas
		return len(replicas) == 1 && replicas[0].State == app.ReplicaHealthy
	})
	stop := askAllTheTime(t, told.of(w.Ref).Replicas[0].Address)
	for _, c := range []struct{ name, command, says string }{
		{"memory", "head -c 2000000000 /dev/zero | tail -c 2000000000 > /dev/null", "it used more than 300 MB of memory"},
		{"processes", "while :; do sleep 1000 & done", "it may have 100 processes and threads at once, and wanted more"},
		{"disk", "cat /dev/zero > everything", "the build left less than 32 MB of the disk free and was stopped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			order := orderOf(app.ID[app.Build]("greedy-"+c.name), c.command)
			_, err := engine.Build(context.Background(), order, sourceOf(t))
			if app.CodeOf(err) != app.CodeFailed || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it ended with %v", err)
			}
			if free := smalldisk.Free(t, o.Dir); free < 128<<20 {
				t.Errorf("it left %d bytes of the disk free", free)
			}
		})
	}
	if n := stop(); n < 10 {
		t.Errorf("only %d requests were made", n)
	}
	if r := told.of(w.Ref).Replicas; len(r) != 1 || r[0].Restarts != 0 || r[0].State != app.ReplicaHealthy {
		t.Errorf("the site is %+v", r)
	}
}

// askAllTheTime makes one request after the other, each of which must be answered, until
// stop is called, which returns how many there were.
func askAllTheTime(t *testing.T, address string) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	count := 0
	asking.Go(func() {
		for ctx.Err() == nil {
			if count++; !answers(address) {
				t.Error("a request failed")
			}
		}
	})
	stop = sync.OnceValue(func() int {
		cancel()
		asking.Wait()
		return count
	})
	t.Cleanup(func() { stop() })
	return stop
}
