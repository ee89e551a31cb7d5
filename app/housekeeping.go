package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// housekeepingEvery is how often everything is tidied up besides after each deploy.
const housekeepingEvery = time.Hour

// sourceWait is how long a build waits for its source.
const sourceWait = time.Hour

// buildGrace is how long the artifact of a build that nobody released is kept.
const buildGrace = 24 * time.Hour

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
		if err := a.keepHouse(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("tidy up", "error", err)
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
		a.discardSources(ctx),
		a.dropArtifacts(ctx),
	)
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

// discardSources removes the sources of builds that have ended, which a kill between
// two steps can leave behind.
func (a *App) discardSources(ctx context.Context) error {
	ids, err := a.Sources.IDs(ctx)
	if err != nil {
		return fmt.Errorf("list the stored sources: %w", err)
	}
	for _, id := range ids {
		over, err := a.isOver(ctx, id)
		if err != nil || !over {
			return err
		}
		if err := errors.Join(a.Logs.Close(ctx, BuildLog(id)), a.Sources.Discard(ctx, id)); err != nil {
			return fmt.Errorf("discard the source of build %s: %w", id, err)
		}
	}
	return nil
}

func (a *App) isOver(ctx context.Context, id ID[Build]) (bool, error) {
	over := false
	err := a.read(ctx, func(r Reader) error {
		build, err := r.Builds().Get(id)
		over = IsNotFound(err) || err == nil && build.State.Ended()
		if IsNotFound(err) {
			return nil
		}
		return err
	})
	return over, err
}

// dropArtifacts keeps the artifacts that something runs, that one of the newest
// releases of an instance can be rolled back to, and those just built; the others go.
func (a *App) dropArtifacts(ctx context.Context) error {
	var sites []ID[Site]
	var keep []ID[Build]
	err := a.update(ctx, func(tx Tx) error {
		needed, err := a.neededBuilds(tx.Reader())
		if err != nil {
			return err
		}
		keep = needed
		for site, err := range tx.Sites().Each() {
			if err != nil {
				return err
			}
			sites = append(sites, site.ID)
		}
		return forgetArtifacts(tx, needed)
	})
	if err != nil {
		return fmt.Errorf("decide which artifacts to keep: %w", err)
	}
	return a.Builder.Keep(ctx, append(keep, a.builds.building()...), sites)
}

// forgetArtifacts takes the artifact from every build that is not needed.
func forgetArtifacts(tx Tx, needed []ID[Build]) error {
	old, err := gather(tx.Builds().Each(), func(b Build) bool {
		return b.Artifact.Ref != "" && !slices.Contains(needed, b.ID)
	})
	if err != nil {
		return err
	}
	for _, build := range old {
		build.Artifact = Artifact{}
		if err := tx.Builds().Put(build); err != nil {
			return err
		}
	}
	return nil
}

// neededBuilds lists the builds whose artifacts are kept, those under way included.
func (a *App) neededBuilds(r Reader) ([]ID[Build], error) {
	fresh, err := gather(r.Builds().Each(), func(b Build) bool {
		return !b.State.Ended() || b.Artifact.Ref != "" && a.now().Sub(b.Ended) < buildGrace && !released(r, b.ID)
	})
	if err != nil {
		return nil, err
	}
	needed := make([]ID[Build], 0, len(fresh))
	for _, build := range fresh {
		needed = append(needed, build.ID)
	}
	for instance, err := range r.Instances().Each() {
		if err != nil {
			return nil, err
		}
		builds, err := a.buildsOf(r, instance)
		if err != nil {
			return nil, err
		}
		needed = append(needed, builds...)
	}
	return needed, nil
}

func released(r Reader, id ID[Build]) bool {
	_, err := r.Releases().One(ReleaseByBuild, string(id))
	return err == nil
}

// buildsOf lists the builds of the releases of an instance that are moving, that a
// service runs, or that are among the newest that ran.
func (a *App) buildsOf(r Reader, instance Instance) ([]ID[Build], error) {
	releases, err := gather(r.Releases().By(ReleaseByInstance, string(instance.ID)), every[Release])
	if err != nil {
		return nil, err
	}
	slices.SortFunc(releases, func(a, b Release) int { return b.Number - a.Number })
	var builds []ID[Build]
	ran := 0
	for _, release := range releases {
		if release.State == ReleaseActive || release.State == ReleaseRetired {
			ran++
		}
		if release.State.Moving() || release.State == ReleaseActive || release.State == ReleaseRetired && ran <= a.config.KeepReleases {
			builds = append(builds, release.Build)
		}
	}
	return builds, nil
}
