package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// buildQueue is what the build loops share. It is safe for concurrent use.
type buildQueue struct {
	claiming sync.Mutex // held while a build is claimed and entered, so that nobody sees half of it
	mu       sync.Mutex
	cancels  map[ID[Build]]context.CancelFunc // of the builds that are being built
	turn     chan struct{}                    // wakes one loop
	told     sync.Mutex                       // held while places are told
	places   map[ID[Build]]int                // last told
}

func newBuildQueue() *buildQueue {
	return &buildQueue{
		cancels: map[ID[Build]]context.CancelFunc{},
		turn:    make(chan struct{}, 1),
		places:  map[ID[Build]]int{},
	}
}

func (q *buildQueue) wake() {
	select {
	case q.turn <- struct{}{}:
	default:
	}
}

// enter notes that a build is being built; leave must follow.
func (q *buildQueue) enter(ctx context.Context, id ID[Build]) context.Context {
	q.mu.Lock()
	defer q.mu.Unlock()
	ctx, q.cancels[id] = context.WithCancel(ctx)
	return ctx
}

func (q *buildQueue) leave(id ID[Build]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cancels[id]()
	delete(q.cancels, id)
}

func (q *buildQueue) cancel(id ID[Build]) {
	q.claiming.Lock()
	defer q.claiming.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	if cancel, building := q.cancels[id]; building {
		cancel()
	}
}

// building lists the builds that are being built.
func (q *buildQueue) building() []ID[Build] {
	q.mu.Lock()
	defer q.mu.Unlock()
	var ids []ID[Build]
	for id := range q.cancels {
		ids = append(ids, id)
	}
	return ids
}

// buildLoop takes builds out of the queue, one after the other.
func (a *App) buildLoop(ctx context.Context) error {
	for {
		var build Build
		var mine context.Context
		err := a.insist(ctx, "take a build out of the queue", func() (err error) {
			build, mine, err = a.claim(ctx)
			return err
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case IsNotFound(err):
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-a.builds.turn:
			}
		case err != nil:
			return fmt.Errorf("take a build out of the queue: %w", err)
		default:
			a.builds.wake() // another loop may find a second one
			if err := a.carryOut(ctx, mine, build); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// claim takes the next build and enters it; mine ends when the build is cancelled.
// CodeNotFound when there is none.
func (a *App) claim(ctx context.Context) (build Build, mine context.Context, err error) {
	a.builds.claiming.Lock()
	defer a.builds.claiming.Unlock()
	if build, err = a.claimBuild(ctx); err != nil {
		return Build{}, nil, err
	}
	return build, a.builds.enter(ctx, build.ID), nil
}

// claimBuild chooses the next build: first one that was being built when Gondor ended,
// then the first of the queue. CodeNotFound when there is none.
func (a *App) claimBuild(ctx context.Context) (Build, error) {
	var build Build
	err := a.update(ctx, func(tx Tx) error {
		here := a.builds.building()
		left, err := gather(tx.Builds().By(BuildByState, string(BuildBuilding)), func(b Build) bool {
			return !slices.Contains(here, b.ID)
		})
		if err != nil {
			return err
		}
		queued, err := queuedBuilds(tx.Reader())
		if err != nil {
			return err
		}
		candidates := append(left, queued...)
		if len(candidates) == 0 {
			return NotFound("build")
		}
		build = candidates[0]
		build.State, build.Started = BuildBuilding, a.now()
		return tx.Builds().Put(build)
	})
	return build, err
}

// queuedBuilds lists the queue, the next first.
func queuedBuilds(r Reader) ([]Build, error) {
	queued, err := gather(r.Builds().By(BuildByState, string(BuildQueued)), every[Build])
	slices.SortFunc(queued, func(a, b Build) int {
		return cmp.Or(a.Queued.Compare(b.Queued), cmp.Compare(a.ID, b.ID))
	})
	return queued, err
}

// QueuePlace returns the place of a build in the queue, 1 for the next, 0 when it is
// not queued.
func (a *App) QueuePlace(ctx context.Context, who Actor, id ID[Build]) (int, error) {
	place := 0
	err := a.read(ctx, func(r Reader) error {
		if _, err := buildFor(r, who, ActionView, id); err != nil {
			return err
		}
		queued, err := queuedBuilds(r)
		place = 1 + slices.IndexFunc(queued, func(b Build) bool { return b.ID == id })
		return err
	})
	return place, err
}

// tellQueue writes into the log of every waiting build how many are before it, when
// that has changed.
func (a *App) tellQueue(ctx context.Context) {
	a.builds.told.Lock()
	defer a.builds.told.Unlock()
	var ahead int
	var queued []Build
	err := a.read(ctx, func(r Reader) (err error) {
		building, failed := gather(r.Builds().By(BuildByState, string(BuildBuilding)), every[Build])
		ahead = len(building)
		queued, err = queuedBuilds(r)
		return errors.Join(err, failed)
	})
	if err != nil {
		a.log.Warn("read the build queue", "error", err)
		return
	}
	places := map[ID[Build]]int{}
	for i, build := range queued {
		before := ahead + i - a.config.Builds + 1
		if places[build.ID] = before; before > 0 && a.builds.places[build.ID] != before {
			a.note(ctx, build.ID, fmt.Sprintf("Waiting in the queue: %d before it.", before))
		}
	}
	a.builds.places = places
}

// note writes a line into a build's log. A log that can't be written stops no build.
func (a *App) note(ctx context.Context, id ID[Build], text string) {
	if err := a.Logs.Append(ctx, BuildLog(id), text); err != nil {
		a.log.Warn("write the build's log", "build", id, "error", err)
	}
}
