package kube

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gondor/app"
)

// place is where a reader is in its log.
type place struct {
	after time.Time // of the last line of the process that the store has; zero: none
	// said are the times, in nanoseconds, of lines of Gondor: those of process 1 stand in the
	// store without the name of the process.
	said map[int64]bool
}

// positions knows how far an earlier Gondor came with each process. It is safe for
// concurrent use.
type positions struct {
	store LogStore
	slots chan struct{} // how many logs are gone through at the same time

	mu   sync.Mutex
	logs map[app.LogName]*position
}

// position is what one log ends with.
type position struct {
	once    sync.Once
	err     error
	last    map[string]time.Time // by process
	trimmed time.Time            // of the oldest line of a log that has lost older ones
	said    map[int64]bool
}

func newPositions(store LogStore) *positions {
	return &positions{store: store, slots: make(chan struct{}, 2), logs: map[app.LogName]*position{}}
}

// of returns where to go on with a process. One that has no line in a log which has lost
// its oldest had all of its lines among them.
func (p *positions) of(ctx context.Context, log app.LogName, process string) (place, error) {
	p.mu.Lock()
	at := p.logs[log]
	if at == nil {
		at = &position{}
		p.logs[log] = at
	}
	p.mu.Unlock()
	at.once.Do(func() { at.err = p.scan(ctx, log, at) })
	if at.err != nil {
		p.mu.Lock()
		delete(p.logs, log) // for another attempt
		p.mu.Unlock()
		return place{}, at.err
	}
	after, found := at.last[process]
	if !found {
		after = at.trimmed
	}
	return place{after: after, said: at.said}, nil
}

// scan goes through a log once.
func (p *positions) scan(ctx context.Context, log app.LogName, at *position) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case p.slots <- struct{}{}:
	}
	defer func() { <-p.slots }()
	at.last, at.said = map[string]time.Time{}, map[int64]bool{}
	first := true
	for line, err := range p.store.Lines(ctx, app.LogQuery{Log: log}) {
		if err != nil {
			return fmt.Errorf("go through a log: %w", err)
		}
		if first && line.Cursor > 1 {
			at.trimmed = line.Time
		}
		first = false
		if line.Stream == app.Gondor {
			at.said[line.Time.UnixNano()] = true
		} else {
			at.last[line.Replica] = line.Time
		}
	}
	return nil
}
