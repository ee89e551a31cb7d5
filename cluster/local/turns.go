package local

import (
	"slices"
	"sync"

	"gondor/app"
)

// turns let few replicas start at the same time when all of them have to: after a start of
// the machine, or when the supervisor was lost. It is safe for concurrent use.
type turns struct {
	mu      sync.Mutex
	free    int     // so many may have one; none before begin
	waiting []*turn // by rank, and as they came
}

// turn is one replica's right to start, which it has until it is healthy, has failed or, as a
// worker, is calm, and not for ever.
type turn struct {
	turns *turns
	rank  int
	given chan struct{} // closed when it has come
	over  bool          // under the lock of turns
}

// The ranks of replicas: what people wait for comes first, and of that what has worked before.
const (
	rankWeb = iota
	rankWebUntried
	rankWorker
	rankWorkerUntried
)

func rank(kind app.ServiceKind, healthyBefore bool) int {
	switch {
	case kind == app.Web && healthyBefore:
		return rankWeb
	case kind == app.Web:
		return rankWebUntried
	case healthyBefore:
		return rankWorker
	default:
		return rankWorkerUntried
	}
}

// begin lets so many start at the same time.
func (t *turns) begin(atOnce int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free += atOnce
	t.give()
}

// queue stands in line.
func (t *turns) queue(rank int) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := &turn{turns: t, rank: rank, given: make(chan struct{})}
	at := len(t.waiting)
	for at > 0 && t.waiting[at-1].rank > rank {
		at--
	}
	t.waiting = slices.Insert(t.waiting, at, one)
	t.give()
	return one
}

// give lets the first start. The caller holds the lock.
func (t *turns) give() {
	for t.free > 0 && len(t.waiting) > 0 {
		one := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.free--
		close(one.given)
	}
}

// end lets the next start. It may be called more than once, and before the turn has come.
func (o *turn) end() {
	t := o.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if o.over {
		return
	}
	o.over = true
	if at := slices.Index(t.waiting, o); at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
		return
	}
	t.free++
	t.give()
}
