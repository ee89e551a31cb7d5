package app

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// buildGrace is how long the artifact of a build that nobody released is kept.
const buildGrace = 24 * time.Hour

// dropArtifacts keeps the artifacts that something runs, that one of the newest
// releases of an instance can be rolled back to, and those built within the grace; the
// others go.
func (a *App) dropArtifacts(ctx context.Context, grace time.Duration) error {
	asOf := a.now()
	var sites []ID[Site]
	var kept kept
	err := a.read(ctx, func(r Reader) (err error) {
		if kept, err = a.keptBuilds(r, grace); err != nil {
			return err
		}
		for site, err := range r.Sites().Each() {
			if err != nil {
				return err
			}
			sites = append(sites, site.ID)
		}
		return nil
	})
	if err == nil && len(kept.old) > 0 { // rarely, and only that makes others wait
		kept, err = a.forgetArtifacts(ctx, grace)
	}
	if err != nil {
		return fmt.Errorf("decide which artifacts to keep: %w", err)
	}
	return a.Builder.Keep(ctx, asOf, append(kept.needed, a.builds.building()...), sites)
}

// kept says which builds keep their artifacts, and which have one that they should not.
type kept struct {
	needed []ID[Build]
	old    []Build
}

func (a *App) keptBuilds(r Reader, grace time.Duration) (kept, error) {
	needed, err := a.neededBuilds(r, grace)
	if err != nil {
		return kept{}, err
	}
	old, err := gather(withArtifact(r), func(b Build) bool { return !slices.Contains(needed, b.ID) })
	return kept{needed, old}, err
}

// forgetArtifacts takes the artifact from every build that is not needed.
func (a *App) forgetArtifacts(ctx context.Context, grace time.Duration) (kept, error) {
	var now kept
	err := a.update(ctx, func(tx Tx) (err error) {
		if now, err = a.keptBuilds(tx.Reader(), grace); err != nil {
			return err
		}
		for _, build := range now.old {
			build.Artifact = Artifact{}
			if err := tx.Builds().Put(build); err != nil {
				return err
			}
		}
		return nil
	})
	return now, err
}

// neededBuilds lists the builds whose artifacts are kept, those under way included.
func (a *App) neededBuilds(r Reader, grace time.Duration) ([]ID[Build], error) {
	fresh, err := gather(withArtifact(r), func(b Build) bool { return a.now().Sub(b.Ended) < grace && !released(r, b.ID) })
	if err != nil {
		return nil, err
	}
	moving, err := buildsUnderWay(r)
	if err != nil {
		return nil, err
	}
	var needed []ID[Build]
	for _, build := range append(fresh, moving...) {
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

// buildsOf lists the builds of the releases of an instance that are wanted or present.
func (a *App) buildsOf(r Reader, instance Instance) ([]ID[Build], error) {
	wanted, err := a.wantedReleases(r, instance)
	if err != nil {
		return nil, err
	}
	present, err := a.presentReleases(r, instance.ID)
	return buildIDs(append(wanted, present...)), err
}

// wantedReleases lists the releases of an instance that are moving, that a service or a task
// run runs, or that are among the newest that ran.
func (a *App) wantedReleases(r Reader, instance Instance) ([]Release, error) {
	newest, err := newestThatRan(r, instance, a.config.KeepReleases)
	if err != nil {
		return nil, err
	}
	moving, err := movingReleases(r, instance.ID)
	if err != nil {
		return nil, err
	}
	serving, err := gather(r.Releases().By(ReleaseServing, string(instance.ID)), every[Release])
	if err != nil {
		return nil, err
	}
	inTasks, err := releasesOfRuns(r, instance.ID)
	return slices.Concat(newest, moving, serving, inTasks), err
}

// releasesOfRuns lists the releases in which runs and task runs of an instance go on.
func releasesOfRuns(r Reader, instance ID[Instance]) ([]Release, error) {
	var ids []ID[Release]
	for run, err := range r.TaskRuns().By(TaskRunInRelease, string(instance)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, run.Release)
	}
	for run, err := range r.Runs().By(RunGoing, string(instance)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, run.Release)
	}
	var releases []Release
	for _, id := range ids {
		release, err := r.Releases().Get(id)
		if err != nil && !IsNotFound(err) {
			return nil, err
		}
		releases = append(releases, release)
	}
	return releases, nil
}

// presentReleases lists the releases of an instance that the engine has replicas of.
func (a *App) presentReleases(r Reader, instance ID[Instance]) ([]Release, error) {
	var releases []Release
	for _, ref := range a.state.refs(instance) {
		release, err := numbered(r, instance, ref.Release)
		if err != nil && !IsNotFound(err) {
			return nil, err
		}
		releases = append(releases, release)
	}
	return releases, nil
}

// buildIDs lists the builds of releases.
func buildIDs(releases []Release) []ID[Build] {
	var builds []ID[Build]
	for _, release := range releases {
		if release.Build != "" && !slices.Contains(builds, release.Build) {
			builds = append(builds, release.Build)
		}
	}
	return builds
}
