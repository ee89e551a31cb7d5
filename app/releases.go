package app

import (
	"context"
	"fmt"
	"iter"
	"slices"
)

// Releases lists the releases of an instance, newest first.
func (a *App) Releases(ctx context.Context, who Actor, instance ID[Instance]) ([]Release, error) {
	var releases []Release
	err := a.read(ctx, func(r Reader) error {
		if _, _, err := instanceFor(r, who, ActionView, instance); err != nil {
			return err
		}
		var err error
		releases, err = gather(r.Releases().By(ReleaseByInstance, string(instance)), every[Release])
		return err
	})
	slices.SortFunc(releases, func(a, b Release) int { return b.Number - a.Number })
	return releases, err
}

// Release returns one release.
func (a *App) Release(ctx context.Context, who Actor, id ID[Release]) (Release, error) {
	var release Release
	err := a.read(ctx, func(r Reader) error {
		var err error
		release, err = releaseFor(r, who, ActionView, id)
		return err
	})
	return release, err
}

func releaseFor(r Reader, who Actor, action Action, id ID[Release]) (Release, error) {
	if err := signedIn(who); err != nil {
		return Release{}, err
	}
	release, err := r.Releases().Get(id)
	if err != nil {
		return Release{}, err
	}
	if _, _, err := instanceOf(r, who, action, release.Instance, "release"); err != nil {
		return Release{}, err
	}
	return release, nil
}

// CancelRelease ends a release that has not switched; what ran before runs on.
// CodeConflict when it has ended already.
func (a *App) CancelRelease(ctx context.Context, who Actor, id ID[Release]) (Release, error) {
	var release Release
	err := a.update(ctx, func(tx Tx) error {
		var err error
		if release, err = releaseFor(tx.Reader(), who, ActionDeploy, id); err != nil {
			return err
		}
		if !release.State.Moving() {
			return Conflict("", "v%d can't be cancelled: it is %s", release.Number, release.State)
		}
		serves, err := isRun(tx.Reader(), release)
		if err != nil {
			return err
		}
		release.State, release.Message, release.Ended = ReleaseCancelled, "Cancelled by "+who.Name+".", a.now()
		if serves {
			release.State = ReleaseActive
		}
		return tx.Releases().Put(release)
	})
	if err != nil {
		return Release{}, err
	}
	a.say(ctx, release, fmt.Sprintf("v%d cancelled by %s.", release.Number, who.Name))
	a.closeLog(ctx, release)
	return release, a.Processes.Stop(ctx, phaseID(id))
}

// ReleaseLog yields the lines of a release's log. Following ends with the release.
func (a *App) ReleaseLog(ctx context.Context, who Actor, id ID[Release], q LogQuery) iter.Seq2[LogLine, error] {
	release, err := a.Release(ctx, who, id)
	return a.linesUntil(ctx, ReleaseLog(release), q, !release.State.Moving(), release.Ended, err)
}

// ServiceLog yields the lines of a service's log.
func (a *App) ServiceLog(ctx context.Context, who Actor, id ID[Service], q LogQuery) iter.Seq2[LogLine, error] {
	service, err := a.Service(ctx, who, id)
	return a.lines(ctx, ServiceLog(service), q, err)
}
