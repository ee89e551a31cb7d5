package app

import (
	"context"
	"slices"
	"strings"
)

// NewRelease asks for a release of a build that succeeded.
type NewRelease struct {
	Instance ID[Instance]
	Build    ID[Build]
	Services []string // empty: all services whose process type the build has
}

// CreateRelease makes the next release of an instance and puts it in line. Its release
// process runs once; then all of its services switch to it, or none.
func (a *App) CreateRelease(ctx context.Context, who Actor, in NewRelease) (Release, error) {
	var made Release
	err := a.update(ctx, func(tx Tx) error {
		instance, site, err := instanceFor(tx.Reader(), who, ActionDeploy, in.Instance)
		if err != nil {
			return err
		}
		build, err := deployable(tx.Reader(), site, in.Build)
		if err != nil {
			return err
		}
		services, err := chosen(tx.Reader(), instance, build, in.Services)
		if err != nil {
			return err
		}
		made, err = a.putRelease(tx, Release{
			Instance: instance.ID, Build: build.ID, Creator: who.User,
			Reason: "deploy" + origin(build), Services: services, RunPhase: true,
		})
		return err
	})
	return made, err
}

// origin is " of 1a2b3c4" for a build that knows its commit, " of IMAGE" for one that is
// made of an image.
func origin(build Build) string {
	switch {
	case build.Image != "":
		return " of " + build.Image
	case len(build.SHA) < 7:
		return ""
	}
	return " of " + build.SHA[:7]
}

// putRelease numbers and stores a release, with a deployment for each of its services.
func (a *App) putRelease(tx Tx, release Release) (Release, error) {
	instance, err := tx.Instances().Get(release.Instance)
	if err != nil {
		return Release{}, err
	}
	instance.LastRelease++
	if err := tx.Instances().Put(instance); err != nil {
		return Release{}, err
	}
	release.ID, release.Number, release.State, release.Created = NewID[Release](a.now()), instance.LastRelease, ReleasePending, a.now()
	if err := tx.Releases().Put(release); err != nil {
		return Release{}, err
	}
	for _, name := range release.Services {
		if _, err := a.putDeployment(tx, release, name); err != nil {
			return Release{}, err
		}
	}
	return release, nil
}

func (a *App) putDeployment(tx Tx, release Release, name string) (Deployment, error) {
	service, err := tx.Services().One(ServiceByName, string(release.Instance)+"/"+name)
	if err != nil {
		return Deployment{}, err
	}
	deployment := Deployment{
		ID: NewID[Deployment](a.now()), Instance: release.Instance, Service: service.ID,
		Build: release.Build, Release: release.ID, Creator: release.Creator, Created: a.now(),
	}
	return deployment, tx.Deployments().Put(deployment)
}

// deployable returns a build of the site that can be released.
func deployable(r Reader, site Site, id ID[Build]) (Build, error) {
	build, err := r.Builds().Get(id)
	switch {
	case IsNotFound(err) || err == nil && build.Site != site.ID:
		return Build{}, NotFound("build of this site")
	case err != nil:
		return Build{}, err
	case !build.State.Ended():
		return Build{}, Conflict("build", "is %s; it can be released when it has succeeded", build.State)
	case build.State != BuildSucceeded:
		return Build{}, Conflict("build", "has %s; only a build that succeeded can be released", build.State)
	case build.Artifact.Ref == "":
		return Build{}, Conflict("build", "is no longer kept; build again from the source")
	}
	return build, nil
}

// chosen checks the services named, or finds those that the build has a process for.
func chosen(r Reader, instance Instance, build Build, names []string) ([]string, error) {
	services, err := gather(r.Services().By(ServiceByInstance, string(instance.ID)), every[Service])
	if err != nil {
		return nil, err
	}
	types := build.Plan.ProcessTypes()
	if len(names) == 0 {
		for _, service := range services {
			if slices.Contains(types, service.Name) {
				names = append(names, service.Name)
			}
		}
		if len(names) == 0 {
			return nil, Invalid("services", "no service of this instance is a process type of the build, which has %s", strings.Join(types, ", "))
		}
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	for _, name := range names {
		if !slices.ContainsFunc(services, func(s Service) bool { return s.Name == name }) {
			return nil, Invalid("services", "this instance has no service %q", name)
		}
		if !slices.Contains(types, name) {
			return nil, Invalid("services", "the build has no process type %q; it has %s", name, strings.Join(types, ", "))
		}
	}
	return names, nil
}

// releaseConfiguration puts a release in line that gives the instance's running
// services the changed configuration, without a release phase. One that already waits
// serves for this change too, and an instance that runs nothing needs none.
func (a *App) releaseConfiguration(tx Tx, who Actor, instance Instance, reason string) error {
	moving, err := movingReleases(tx.Reader(), instance.ID)
	if err != nil {
		return err
	}
	if n := len(moving); n > 0 && moving[n-1].State == ReleasePending {
		return nil // its variables are settled when its turn comes
	}
	groups, err := deployed(tx.Reader(), instance.ID)
	if err != nil || len(groups)+len(moving) == 0 {
		return err
	}
	_, err = a.putRelease(tx, Release{Instance: instance.ID, Creator: who.User, Reason: reason})
	return err
}
