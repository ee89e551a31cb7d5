package app

import (
	"context"
	"sync"
	"time"
)

// queue hands out keys to be worked on: a key that is added several times before it is
// taken is worked on once, and never by two at the same time. It is safe for
// concurrent use.
type queue[K comparable] struct {
	mu      sync.Mutex
	waiting []K
	dirty   map[K]bool // in waiting, or to be put there when it is done
	busy    map[K]bool
	wake    chan struct{}
}

func newQueue[K comparable]() *queue[K] {
	return &queue[K]{dirty: map[K]bool{}, busy: map[K]bool{}, wake: make(chan struct{}, 1)}
}

// add puts the key in line, unless it stands there already.
func (q *queue[K]) add(key K) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dirty[key] {
		return
	}
	q.dirty[key] = true
	if !q.busy[key] {
		q.push(key)
	}
}

func (q *queue[K]) push(key K) {
	q.waiting = append(q.waiting, key)
	q.signal()
}

func (q *queue[K]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// addAfter puts the key in line when d has passed.
func (q *queue[K]) addAfter(key K, d time.Duration) { time.AfterFunc(d, func() { q.add(key) }) }

// take waits for a key; done must follow. It returns ctx's error when ctx ends first.
func (q *queue[K]) take(ctx context.Context) (K, error) {
	for {
		if key, ok := q.next(); ok {
			return key, nil
		}
		select {
		case <-ctx.Done():
			var none K
			return none, ctx.Err()
		case <-q.wake:
		}
	}
}

func (q *queue[K]) next() (K, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		var none K
		return none, false
	}
	key := q.waiting[0]
	q.waiting = q.waiting[1:]
	delete(q.dirty, key)
	q.busy[key] = true
	if len(q.waiting) > 0 {
		q.signal() // another may be waiting in take
	}
	return key, true
}

// done says that the work on a key has ended; it is put back in line when it was added
// meanwhile.
func (q *queue[K]) done(key K) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.busy, key)
	if q.dirty[key] {
		q.push(key)
	}
}
