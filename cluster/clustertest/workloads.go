package clustertest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gondor/app"
)

func testWorkloads(t *testing.T, subject Subject) {
	t.Run("a web workload becomes healthy and answers at its address", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		r := b.awaitHealthy(w.Ref, 1)[0]
		if r.Started.IsZero() || r.Restarts != 0 || r.ID == "" || r.Ref != w.Ref {
			t.Errorf("the replica is told as %+v", r)
		}
		if b.get(r, "/pid") == "" {
			t.Error("it does not answer")
		}
	})
	t.Run("a worker becomes healthy by staying alive", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.worker(workerCommand)
		b.apply(w)
		b.await(w.Ref, "starting", func(o app.Observation) bool { return len(o.Replicas) == 1 })
		if r := b.awaitHealthy(w.Ref, 1)[0]; r.Address != "" {
			t.Errorf("a worker has the address %s", r.Address)
		}
	})
	t.Run("what it writes is in its log", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		b.eventually("the log has its line", func() bool { return slices.Contains(b.lines(w.LogName), "the site starts") })
	})
	t.Run("a command of several programs ends with all of them", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.worker("sleep 1000 & sleep 1000 | sleep 1000")
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		b.ok(b.Remove(context.Background(), w.Ref))
		b.awaitGone(w.Ref)
	})
	t.Run("an artifact that is not there is refused", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		kept := len(w.Program.Artifact.Ref) - 16 // of its hash
		w.Program.Artifact.Ref = w.Program.Artifact.Ref[:kept] + strings.Repeat("0", 16)
		b.refused(b.Apply(context.Background(), w), app.CodeNotFound)
	})
}

func testChanges(t *testing.T, subject Subject) {
	t.Run("applying the same again changes nothing", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		before := b.awaitHealthy(w.Ref, 1)[0]
		b.apply(w)
		if pid := b.get(before, "/pid"); pid != b.get(b.awaitHealthy(w.Ref, 1)[0], "/pid") {
			t.Errorf("the process %s was replaced", pid)
		}
	})
	t.Run("all but the number stays as it was first applied", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		w.Program.Env = map[string]string{"COLOUR": "red"}
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		w.Program.Command, w.Program.Env, w.Replicas = "exit 1", map[string]string{"COLOUR": "blue"}, 2
		b.apply(w)
		b.restart()
		b.apply(w)
		for _, replica := range b.awaitHealthy(w.Ref, 2) {
			if colour := b.environment(replica)["COLOUR"]; colour != "red" {
				t.Errorf("the replica %s got the variable %q", replica.ID, colour)
			}
		}
	})
	t.Run("it scales up, to nothing, and back", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		first := b.awaitHealthy(w.Ref, 1)[0]
		pid := b.get(first, "/pid")
		w.Replicas = 3
		b.apply(w)
		replicas := b.awaitHealthy(w.Ref, 3)
		if !slices.ContainsFunc(replicas, func(r app.Replica) bool { return b.get(r, "/pid") == pid }) {
			t.Error("the first replica was replaced by scaling up")
		}
		w.Replicas = 0
		b.apply(w)
		b.await(w.Ref, "scaled to nothing", func(o app.Observation) bool { return len(o.Replicas) == 0 && !o.Gone })
		w.Replicas = 2
		b.apply(w)
		b.awaitHealthy(w.Ref, 2)
	})
	t.Run("two releases run beside each other and the old one goes alone", func(t *testing.T) {
		b := newBench(t, subject)
		before := b.web()
		b.apply(before)
		b.awaitHealthy(before.Ref, 1)
		after := before
		after.Ref.Release = 2
		b.apply(after)
		replica := b.awaitHealthy(after.Ref, 1)[0]
		b.ok(b.Remove(context.Background(), before.Ref))
		b.awaitGone(before.Ref)
		b.get(replica, "/pid")
	})
}

func testCrashes(t *testing.T, subject Subject) {
	t.Run("a process that crashes is started again", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		r := b.awaitHealthy(w.Ref, 1)[0]
		_, _ = b.tryGet(r, "/crash") // it can't answer
		again := b.await(w.Ref, "healthy again", func(o app.Observation) bool {
			return len(o.Replicas) == 1 && o.Replicas[0].Restarts == 1 && o.Replicas[0].State == app.ReplicaHealthy
		}).Replicas[0]
		if again.Address != r.Address || again.ID != r.ID {
			t.Errorf("it came back as %s at %s, want %s at %s", again.ID, again.Address, r.ID, r.Address)
		}
		if r.LastExit != "" || again.LastExit == "" {
			t.Errorf("its last exit is %q before it crashed and %q after", r.LastExit, again.LastExit)
		}
	})
	t.Run("one that ends ever again is told as crashed with its exit and last output", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.worker("echo no database here; exit 7")
		b.apply(w)
		obs := b.await(w.Ref, "crashed", func(o app.Observation) bool {
			return len(o.Replicas) == 1 && o.Replicas[0].State == app.ReplicaCrashed && o.Replicas[0].Restarts > 1
		})
		r := obs.Replicas[0]
		if !strings.Contains(r.Message, "7") || !slices.Contains(r.Output, "no database here") {
			t.Errorf("it is told with %q and the output %q", r.Message, r.Output)
		}
	})
	t.Run("a crash loop can be removed", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.worker("exit 1")
		b.apply(w)
		b.await(w.Ref, "crashed", func(o app.Observation) bool {
			return len(o.Replicas) == 1 && o.Replicas[0].State == app.ReplicaCrashed
		})
		b.ok(b.Remove(context.Background(), w.Ref))
		b.awaitGone(w.Ref)
	})
}
