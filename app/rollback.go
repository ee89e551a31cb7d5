package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// NewRollback asks for a release of what an earlier one ran.
type NewRollback struct {
	Instance ID[Instance]
	To       int  // the number of the earlier release; 0 is the last that ran another build, or WithEnv, the one before
	WithEnv  bool // with that release's variables instead of the present ones
}

// Rollback makes a release from an earlier one's build, without a release phase.
func (a *App) Rollback(ctx context.Context, who Actor, in NewRollback) (Release, error) {
	var made Release
	err := a.update(ctx, func(tx Tx) error {
		instance, site, err := instanceFor(tx.Reader(), who, ActionDeploy, in.Instance)
		if err != nil {
			return err
		}
		earlier, err := rollbackTo(tx.Reader(), instance, in)
		if err != nil {
			return err
		}
		build, err := deployable(tx.Reader(), site, earlier.Build)
		if err != nil {
			return Conflict("to", "v%d can't be rolled back to: its build %s", earlier.Number, strings.TrimPrefix(err.Error(), "build: "))
		}
		release := Release{Instance: instance.ID, Build: build.ID, Creator: who.User, Reason: fmt.Sprintf("rollback to v%d", earlier.Number)}
		if in.WithEnv {
			release.From = earlier.ID
		}
		if release.Services, err = chosen(tx.Reader(), instance, build, nil); err != nil {
			return err
		}
		made, err = a.putRelease(tx, release)
		return err
	})
	return made, err
}

// rollbackTo finds the release that a rollback means.
func rollbackTo(r Reader, instance Instance, in NewRollback) (Release, error) {
	service, err := frontService(r, instance)
	if err != nil && !IsNotFound(err) {
		return Release{}, err
	}
	releases, err := gather(r.Releases().By(ReleaseByInstance, string(instance.ID)), func(release Release) bool {
		return release.State.Ran()
	})
	if err != nil {
		return Release{}, err
	}
	slices.SortFunc(releases, func(a, b Release) int { return b.Number - a.Number })
	if in.To != 0 {
		i := slices.IndexFunc(releases, func(release Release) bool { return release.Number == in.To })
		if i < 0 {
			return Release{}, Invalid("to", "v%d is not a release that ran here; `gondor releases` lists them", in.To)
		}
		return releases[i], nil
	}
	return before(releases, service.Release, in.WithEnv)
}

// before is the newest release before the current one that ran another build, or simply
// the one before when its variables come along.
func before(releases []Release, current ID[Release], withEnv bool) (Release, error) {
	i := max(0, slices.IndexFunc(releases, func(release Release) bool { return release.ID == current }))
	if len(releases) == 0 {
		return Release{}, Conflict("", "nothing has been deployed yet")
	}
	for _, release := range releases[i+1:] {
		if withEnv || release.Build != releases[i].Build {
			return release, nil
		}
	}
	return Release{}, Conflict("", "there is no earlier release with another build to roll back to")
}
