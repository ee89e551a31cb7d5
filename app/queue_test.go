package app

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestQueueHandsOutAKeyOnceHoweverOftenItWasAdded(t *testing.T) {
	q := newQueue[string]()
	q.add("a")
	q.add("a")
	q.add("b")
	got := []string{mustTake(t, q), mustTake(t, q)}
	if got[0] != "a" || got[1] != "b" {
		t.Errorf("took %v, want a then b", got)
	}
	q.done("a")
	q.done("b")
	if key, waiting := q.next(); waiting {
		t.Errorf("%q was handed out a second time", key)
	}
}

func TestQueuePutsBackWhatWasAddedDuringTheWork(t *testing.T) {
	q := newQueue[string]()
	q.add("a")
	mustTake(t, q)
	q.add("a")
	if key, waiting := q.next(); waiting {
		t.Fatalf("%q was handed out while it was being worked on", key)
	}
	q.done("a")
	if key := mustTake(t, q); key != "a" {
		t.Errorf("took %q, want a", key)
	}
}

func TestQueueEndsItsWaitWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	q := newQueue[int]()
	ended := make(chan error)
	go func() { _, err := q.take(ctx); ended <- err }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("take ended with %v, want the context's error", err)
	}
}

func TestQueueNeverGivesAKeyToTwoAtOnce(t *testing.T) {
	const keys, rounds, workers = 5, 200, 8
	q := newQueue[int]()
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	busy, worked := map[int]bool{}, 0
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				key, err := q.take(ctx)
				if err != nil {
					return
				}
				mu.Lock()
				if busy[key] {
					t.Errorf("%d was given to two at once", key)
				}
				busy[key] = true
				mu.Unlock()
				mu.Lock()
				delete(busy, key)
				worked++
				mu.Unlock()
				q.done(key)
			}
		})
	}
	for i := range keys * rounds {
		q.add(i % keys)
	}
	eventually(t, "every key is worked on and the queue is empty", func() bool {
		mu.Lock()
		defer mu.Unlock()
		q.mu.Lock()
		defer q.mu.Unlock()
		return worked >= keys && len(q.waiting)+len(q.busy) == 0
	})
	cancel()
	group.Wait()
}

func mustTake[K comparable](t *testing.T, q *queue[K]) K {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	key, err := q.take(ctx)
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return key
}

// eventually waits until a condition holds, and fails the test when it does not within
// ten seconds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
