package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// housekeepingEvery is how often everything is tidied up besides after each deploy.
const housekeepingEvery = time.Hour

// housekeepingRest is how many times as long as a round took nothing is tidied up after
// it: in an installation with many sites and deploys it is no burden either.
const housekeepingRest = 10

// housekeepingAgain is when a round is made again for which the engine was not there.
const housekeepingAgain = time.Minute

// sourceWait is how long a build waits for its source.
const sourceWait = time.Hour

// tidy asks for housekeeping soon.
func (a *App) tidy() {
	select {
	case a.untidy <- struct{}{}:
	default:
	}
}

// housekeeping removes what is no longer needed, one round at a time. A round that
// fails is logged and the next one tries again.
func (a *App) housekeeping(ctx context.Context) error {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		began := time.Now()
		err := a.keepHouse(ctx)
		rest := housekeepingRest * time.Since(began)
		switch {
		case err == nil || ctx.Err() != nil:
		case CodeOf(err) == CodeUnavailable || CodeOf(err) == CodeFull:
			a.log.Info("tidying up is put off", "until", a.now().Add(housekeepingAgain), "error", err)
			rest = max(rest, housekeepingAgain)
			a.tidy()
		default:
			a.log.Error("tidy up", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest):
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		case <-a.untidy:
		}
	}
}

func (a *App) keepHouse(ctx context.Context) error {
	return errors.Join(
		a.sweepTokens(ctx),
		a.giveUpWaiting(ctx),
		a.dropArtifacts(ctx, buildGrace), // and with them what their sources are kept for
		a.discardSources(ctx),
		a.forgetOneOffs(ctx),
		a.expireRuns(ctx),
		a.keepWithinBudget(ctx),
	)
}

// keepWithinBudget makes room when there is too little. That there is none to be made is
// told to whoever deploys.
func (a *App) keepWithinBudget(ctx context.Context) error {
	err := a.expectRoom(ctx, need{})
	if CodeOf(err) == CodeFull {
		a.log.Warn("the disk is full", "error", err)
		return nil
	}
	return err
}

// giveUpWaiting cancels builds whose source never came.
func (a *App) giveUpWaiting(ctx context.Context) error {
	return a.update(ctx, func(tx Tx) error {
		late, err := gather(tx.Builds().By(BuildByState, string(BuildWaiting)), func(b Build) bool {
			return a.now().Sub(b.Created) > sourceWait
		})
		for _, build := range late {
			build.State, build.Ended = BuildCancelled, a.now()
			build.Message = "Its source was not uploaded within an hour."
			err = errors.Join(err, tx.Builds().Put(build))
		}
		return err
	})
}

// discardSources removes the sources of builds that have ended and have no artifact, and
// closes the logs of those that have ended, which a kill between two steps can leave open.
func (a *App) discardSources(ctx context.Context) error {
	ids, err := a.Sources.IDs(ctx)
	if err != nil {
		return fmt.Errorf("list the stored sources: %w", err)
	}
	for _, id := range ids {
		ended, needed, err := a.sourceState(ctx, id)
		if err != nil {
			return err
		}
		if ended && !a.closed[id] {
			err = a.Logs.Close(ctx, BuildLog(id))
			a.closed[id] = err == nil && needed
		}
		if ended && !needed {
			delete(a.closed, id)
			err = errors.Join(err, a.Sources.Discard(ctx, id))
		}
		if err != nil {
			return fmt.Errorf("let go of the source of build %s: %w", id, err)
		}
	}
	return nil
}

// sourceState reports whether the build of a source has ended, and whether it may be built
// once more: as long as it has an artifact.
func (a *App) sourceState(ctx context.Context, id ID[Build]) (ended, needed bool, err error) {
	err = a.read(ctx, func(r Reader) error {
		build, err := r.Builds().Get(id)
		ended, needed = IsNotFound(err) || err == nil && build.State.Ended(), build.Artifact.Ref != ""
		if IsNotFound(err) {
			return nil
		}
		return err
	})
	return ended, needed, err
}
