package app

import (
	"context"
	"fmt"
)

// admit gives a pending release its turn: its variables and, for a change of
// configuration, its build are those of this moment.
func (a *App) admit(ctx context.Context, release Release) error {
	if wait := release.NotBefore.Sub(a.now()); wait > 0 {
		a.instances.addAfter(release.Instance, wait)
		return nil
	}
	admitted, err := a.step(ctx, release, func(tx Tx, release *Release) error {
		if err := a.settleBuild(tx, release); err != nil || !release.State.Moving() {
			return err
		}
		if err := settleEnvironment(tx.Reader(), release); err != nil {
			return err
		}
		build, err := tx.Builds().Get(release.Build)
		if err == nil {
			a.begun(release, build)
		}
		return err
	})
	if err == nil && admitted.State.Moving() {
		a.say(ctx, admitted, fmt.Sprintf("v%d: %s.", admitted.Number, admitted.Reason))
	}
	return err
}

// begun decides where a settled release goes first.
func (a *App) begun(release *Release, build Build) {
	_, hasPhase := build.Plan.Processes[ReleaseProcess]
	switch {
	case build.Artifact.Ref == "":
		release.State, release.Ended = ReleaseFailed, a.now()
		release.Message = "The artifact of its build is no longer kept. Deploy again from the source."
	case hasPhase && release.RunPhase:
		release.State = ReleasePreparing
	default:
		release.State, release.Started = ReleaseStarting, a.now()
	}
}

// settleEnvironment gives the release the present variables of its instance, or those
// of the release that it takes them from.
func settleEnvironment(r Reader, release *Release) error {
	instance, err := r.Instances().Get(release.Instance)
	if err != nil {
		return err
	}
	present, err := settle(r, instance)
	if err != nil {
		return err
	}
	release.Env, release.ServiceEnv, release.Hosts = present.shared, present.services, present.hosts
	if release.From == "" {
		return nil
	}
	from, err := r.Releases().Get(release.From)
	release.Env, release.ServiceEnv = from.Env, from.ServiceEnv
	return err
}

// settleBuild fills in what a change of configuration applies to: what its services run
// by now. Services of another build get a release of their own behind it.
func (a *App) settleBuild(tx Tx, release *Release) error {
	if release.Build != "" {
		return nil
	}
	groups, err := deployed(tx.Reader(), release.Instance)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		release.State, release.Ended = ReleaseCancelled, a.now()
		release.Message = "Nothing is deployed that the change could reach."
		return nil
	}
	release.Build, release.Services = groups[0].build, groups[0].services
	for _, group := range groups[1:] {
		more := Release{
			Instance: release.Instance, Creator: release.Creator, Reason: release.Reason,
			Build: group.build, Services: group.services,
		}
		if _, err := a.putRelease(tx, more); err != nil {
			return err
		}
	}
	return nil
}

// deployedGroup is the services of an instance that run one build.
type deployedGroup struct {
	build    ID[Build]
	services []string
}

// deployed groups the services of an instance that run anything by what they run.
func deployed(r Reader, instance ID[Instance]) ([]deployedGroup, error) {
	var groups []deployedGroup
	place := map[ID[Build]]int{}
	for service, err := range r.Services().By(ServiceByInstance, string(instance)) {
		if err != nil {
			return nil, err
		}
		if service.Release == "" {
			continue
		}
		release, err := r.Releases().Get(service.Release)
		if err != nil {
			return nil, err
		}
		i, known := place[release.Build]
		if !known {
			i = len(groups)
			place[release.Build] = i
			groups = append(groups, deployedGroup{build: release.Build})
		}
		groups[i].services = append(groups[i].services, service.Name)
	}
	return groups, nil
}
