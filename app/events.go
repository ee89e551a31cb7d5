package app

import (
	"context"
	"iter"
	"sync"
)

// Events yields what changes from now on and who may see, until ctx ends: changes of
// records, and a Change of the noun "instance" when the engine tells something new of
// its replicas. With an instance, only what belongs to it; CodeNotFound as the only
// yield when who may not see it.
func (a *App) Events(ctx context.Context, who Actor, instance ID[Instance]) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		since, err := a.mayFollow(ctx, who, instance)
		if err != nil {
			yield(Change{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		changes := make(chan Change)
		var sources sync.WaitGroup
		sources.Go(func() { a.sendStored(ctx, since, changes) })
		sources.Go(func() { a.sendObserved(ctx, changes) })
		defer func() { cancel(); sources.Wait() }()
		for {
			select {
			case <-ctx.Done():
				return
			case change := <-changes:
				if a.concerns(ctx, who, instance, change) && !yield(change, nil) {
					return
				}
			}
		}
	}
}

func (a *App) mayFollow(ctx context.Context, who Actor, instance ID[Instance]) (Revision, error) {
	err := a.read(ctx, func(r Reader) error {
		if instance == "" {
			return signedIn(who)
		}
		_, _, err := instanceFor(r, who, ActionView, instance)
		return err
	})
	if err != nil {
		return 0, err
	}
	return a.Store.Revision(ctx)
}

// sendStored sends the changes of the store; who is so slow that they are no longer
// kept goes on with the newest.
func (a *App) sendStored(ctx context.Context, since Revision, changes chan<- Change) {
	for ctx.Err() == nil {
		for change, err := range a.Store.Watch(ctx, since) {
			if err != nil {
				break
			}
			since = change.Revision
			if !send(ctx, changes, change) {
				return
			}
		}
		if newest, err := a.Store.Revision(ctx); err == nil {
			since = newest
		}
	}
}

// sendObserved sends what the engine tells, several words about one instance as one
// when the reader is slow.
func (a *App) sendObserved(ctx context.Context, changes chan<- Change) {
	told := newQueue[ID[Instance]]()
	defer a.state.watch(told.add)()
	for {
		id, err := told.take(ctx)
		if err != nil {
			return
		}
		told.done(id)
		if !send(ctx, changes, Change{Noun: "instance", Key: string(id), Instance: id}) {
			return
		}
	}
}

func send(ctx context.Context, changes chan<- Change, change Change) bool {
	select {
	case <-ctx.Done():
		return false
	case changes <- change:
		return true
	}
}

// concerns reports whether the change belongs to what is followed, and may be seen.
func (a *App) concerns(ctx context.Context, who Actor, instance ID[Instance], change Change) bool {
	switch {
	case instance != "":
		return change.Instance == instance
	case who.Admin:
		return true
	case change.Noun == "alert receiver":
		_, err := a.Receiver(ctx, who, ID[Receiver](change.Key))
		return err == nil // one that is gone is nobody's
	case change.Instance == "":
		return false
	}
	err := a.read(ctx, func(r Reader) error {
		_, _, err := instanceFor(r, who, ActionView, change.Instance)
		return err
	})
	return err == nil
}
