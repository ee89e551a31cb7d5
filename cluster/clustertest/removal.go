package clustertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/app"
)

// drainer is an app.Drainer that ends when it is told to.
type drainer struct {
	asked chan string
	end   chan struct{}
}

func newDrainer() *drainer { return &drainer{asked: make(chan string, 10), end: make(chan struct{})} }

// Drain implements app.Drainer.
func (d *drainer) Drain(ctx context.Context, address string) error {
	d.asked <- address
	select {
	case <-d.end:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func testRemoval(t *testing.T, subject Subject) {
	t.Run("it is told, then drained, then stopped, then told as gone", func(t *testing.T) { testDraining(t, subject) })
	t.Run("requests that never end are waited for no longer than the DrainTimeout", func(t *testing.T) {
		b := newBench(t, subject, func(s *Settings) { s.Drainer = newDrainer() })
		w := b.web()
		w.Config.DrainTimeout = 100 * time.Millisecond
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		b.ok(b.Remove(context.Background(), w.Ref))
		b.awaitGone(w.Ref)
	})
	t.Run("a process that ignores SIGTERM is killed after the StopTimeout", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.worker("trap 'echo not now' TERM; while true; do sleep 0.05; done")
		w.Config.StopTimeout = 300 * time.Millisecond
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		b.ok(b.Remove(context.Background(), w.Ref))
		b.awaitGone(w.Ref)
		if !slices.Contains(b.lines(w.LogName), "not now") {
			t.Error("it never got SIGTERM")
		}
	})
	t.Run("SIGTERM reaches the program", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		b.ok(b.Remove(context.Background(), w.Ref))
		b.awaitGone(w.Ref)
		if !slices.Contains(b.lines(w.LogName), "the site ends") {
			t.Errorf("it did not end by itself: %q", b.lines(w.LogName))
		}
	})
	t.Run("removing what is not there is no error", func(t *testing.T) {
		b := newBench(t, subject)
		b.ok(b.Remove(context.Background(), app.WorkloadRef{Instance: "nothing", Service: "web", Release: 1}))
		b.ok(b.Purge(context.Background(), "nothing"))
	})
	t.Run("one that is slow to drain holds up no other", func(t *testing.T) {
		d := newDrainer()
		b := newBench(t, subject, func(s *Settings) { s.Drainer = d })
		slow, other := b.web(), b.web()
		b.apply(slow)
		b.awaitHealthy(slow.Ref, 1)
		b.ok(b.Remove(context.Background(), slow.Ref))
		<-d.asked
		b.apply(other)
		b.awaitHealthy(other.Ref, 1)
		close(d.end)
		b.awaitGone(slow.Ref)
	})
}

func testDraining(t *testing.T, subject Subject) {
	d := newDrainer()
	b := newBench(t, subject, func(s *Settings) { s.Drainer = d })
	w := b.web()
	b.apply(w)
	r := b.awaitHealthy(w.Ref, 1)[0]
	b.ok(b.Remove(context.Background(), w.Ref))
	if address := <-d.asked; address != r.Address {
		t.Errorf("%s was drained, want %s", address, r.Address)
	}
	b.await(w.Ref, "draining", func(o app.Observation) bool { return all(o.Replicas, app.ReplicaDraining) && !o.Gone })
	b.get(r, "/pid") // it still answers
	close(d.end)
	b.awaitGone(w.Ref)
	if _, err := b.tryGet(r, "/pid"); err == nil {
		t.Error("it is gone and answers")
	}
}

func testObservers(t *testing.T, subject Subject) {
	t.Run("everything there is is told before Synced", func(t *testing.T) {
		b := newBench(t, subject)
		first, second := b.web(), b.worker(workerCommand)
		b.apply(first)
		b.apply(second)
		b.awaitHealthy(first.Ref, 1)
		var told []app.Observation
		ctx, cancel := context.WithCancel(context.Background())
		_ = b.Observe(ctx, func(o app.Observation) { // ctx's error
			told = append(told, o)
			if o.Synced {
				cancel()
			}
		})
		if len(told) < 3 || !told[2].Synced || told[0].Ref == told[1].Ref {
			t.Errorf("an observer is told %+v", told)
		}
	})
	t.Run("a replica is only stopped when every observer knows that it drains", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		r := b.awaitHealthy(w.Ref, 1)[0]
		s := b.stubborn()
		b.ok(b.Remove(context.Background(), w.Ref))
		<-s.knows
		b.await(w.Ref, "draining", func(o app.Observation) bool { return all(o.Replicas, app.ReplicaDraining) && !o.Gone })
		b.get(r, "/pid")
		close(s.agrees)
		b.awaitGone(w.Ref)
	})
	t.Run("a slow observer misses states but never the last", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		begin, last := make(chan struct{}), make(chan app.Observation, 100)
		var observing sync.WaitGroup
		defer observing.Wait()
		defer cancel()
		observing.Go(func() {
			_ = b.Observe(ctx, func(o app.Observation) { // ctx's error
				<-begin
				last <- o
			})
		})
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		w.Replicas = 3
		b.apply(w)
		b.awaitHealthy(w.Ref, 3)
		close(begin)
		b.eventually("it knows of three healthy replicas", func() bool {
			o := <-last
			return len(o.Replicas) == 3 && all(o.Replicas, app.ReplicaHealthy)
		})
	})
}

// stubborn is an observer that does not return from hearing that something drains.
type stubborn struct{ knows, agrees chan struct{} }

func (b *bench) stubborn() stubborn {
	s := stubborn{make(chan struct{}), make(chan struct{})}
	synced := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	var observing sync.WaitGroup
	knows := sync.OnceFunc(func() { close(s.knows) })
	observing.Go(func() {
		_ = b.Observe(ctx, func(o app.Observation) { // ctx's error
			if o.Synced {
				close(synced)
			}
			if len(o.Replicas) > 0 && all(o.Replicas, app.ReplicaDraining) {
				knows()
				<-s.agrees
			}
		})
	})
	b.Cleanup(func() {
		cancel()
		observing.Wait()
	})
	<-synced
	return s
}

func testRestarts(t *testing.T, subject Subject) {
	t.Run("what runs is found as it was", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		w.Replicas = 2
		b.apply(w)
		before := b.awaitHealthy(w.Ref, 2)
		pid := b.get(before[0], "/pid")
		b.restart()
		b.eventually("the observer is synced", b.synced)
		b.mu.Lock()
		first := b.all[0]
		b.mu.Unlock()
		if len(first.Replicas) != 2 || !all(first.Replicas, app.ReplicaHealthy) {
			t.Errorf("the first that is told is %+v", first)
		}
		if b.get(before[0], "/pid") != pid {
			t.Error("the process was replaced")
		}
		b.apply(w)
		b.awaitHealthy(w.Ref, 2)
	})
	t.Run("it is gone on with", func(t *testing.T) {
		d := newDrainer()
		b := newBench(t, subject, func(s *Settings) { s.Drainer = d })
		going, staying := b.web(), b.web()
		b.apply(going)
		b.apply(staying)
		b.awaitHealthy(going.Ref, 1)
		b.awaitHealthy(staying.Ref, 1)
		b.ok(b.Remove(context.Background(), going.Ref))
		<-d.asked
		b.restart()
		<-d.asked
		close(d.end)
		b.awaitGone(going.Ref)
		b.ok(b.Remove(context.Background(), staying.Ref))
		b.awaitGone(staying.Ref)
	})
	t.Run("what was asked for and not begun is begun", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		b.restart()
		b.awaitHealthy(w.Ref, 1)
	})
	t.Run("a crash loop is still one", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.worker("echo ended; exit 7")
		b.apply(w)
		crashed := func(o app.Observation) bool {
			return len(o.Replicas) == 1 && o.Replicas[0].State == app.ReplicaCrashed && strings.Contains(o.Replicas[0].Message, "7")
		}
		b.await(w.Ref, "crashed", crashed)
		b.restart()
		b.await(w.Ref, "crashed", crashed)
	})
}

func (b *bench) synced() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.all, func(o app.Observation) bool { return o.Synced })
}
