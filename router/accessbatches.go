package router

import (
	"sync"
	"time"

	"gondor/app"
)

const (
	batchSize  = 256
	batchDelay = 500 * time.Millisecond
	// batchSpace is how many requests wait at most, some megabytes of memory.
	batchSpace = 8192
)

// AccessBatch is what an instance was asked.
type AccessBatch struct {
	Instance app.ID[app.Instance]
	Accesses []Access // in the order in which they ended
	Left     int      // how many more came faster than they could be taken, and are not there
}

// AccessBatches is an AccessLog that collects the requests of each instance for half a second,
// or until 256 have come, and gives them out in a goroutine of its own: no request waits for
// whoever takes them. Make one with NewAccessBatches; Close it in the end.
type AccessBatches struct {
	take func(AccessBatch)
	turn sync.Mutex // held while batches are taken

	mu      sync.Mutex
	waiting []Access
	left    map[app.ID[app.Instance]]int
	timer   *time.Timer // runs while requests wait
	closed  bool
}

// NewAccessBatches returns a log that gives each batch to take, one at a time.
func NewAccessBatches(take func(AccessBatch)) *AccessBatches {
	return &AccessBatches{take: take, left: map[app.ID[app.Instance]]int{}}
}

// Log implements AccessLog. After Close it does nothing.
func (b *AccessBatches) Log(a Access) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed || a.Instance == "":
		return
	case len(b.waiting) == batchSpace:
		b.left[a.Instance]++
		return
	}
	b.waiting = append(b.waiting, a)
	switch len(b.waiting) {
	case 1:
		b.timer = time.AfterFunc(batchDelay, b.Flush)
	case batchSize:
		b.timer.Reset(0)
	}
}

// Flush returns when all that had come was taken.
func (b *AccessBatches) Flush() {
	b.turn.Lock()
	defer b.turn.Unlock()
	for _, batch := range batches(b.collected()) {
		b.take(batch)
	}
}

// collected is what has come since it was last called.
func (b *AccessBatches) collected() ([]Access, map[app.ID[app.Instance]]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting, left := b.waiting, b.left
	b.waiting, b.left = nil, map[app.ID[app.Instance]]int{}
	if b.timer != nil {
		b.timer.Stop()
	}
	return waiting, left
}

// batches tells requests apart by their instance, in the order of the first of each.
func batches(waiting []Access, left map[app.ID[app.Instance]]int) []AccessBatch {
	places := map[app.ID[app.Instance]]int{}
	var all []AccessBatch
	for _, a := range waiting {
		at, known := places[a.Instance]
		if !known {
			at = len(all)
			places[a.Instance] = at
			all = append(all, AccessBatch{Instance: a.Instance, Left: left[a.Instance]})
			delete(left, a.Instance)
		}
		all[at].Accesses = append(all[at].Accesses, a)
	}
	for instance, count := range left {
		all = append(all, AccessBatch{Instance: instance, Left: count})
	}
	return all
}

// Close gives out what is collected.
func (b *AccessBatches) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.Flush()
	return nil
}
