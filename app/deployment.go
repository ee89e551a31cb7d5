package app

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Deployment is the move of one service to a release.
type Deployment struct {
	ID       ID[Deployment]
	Instance ID[Instance]
	Service  ID[Service]
	Build    ID[Build]
	Release  ID[Release]
	Creator  ID[User]
	Created  time.Time
}

// Indexes of deployments.
const (
	DeploymentByInstance = "instance"
	DeploymentByRelease  = "release"
)

// Key implements Record.
func (d Deployment) Key() string { return string(d.ID) }

// InstanceID implements OfInstance.
func (d Deployment) InstanceID() ID[Instance] { return d.Instance }

// Indexes implements Record.
func (d Deployment) Indexes() []Index {
	return []Index{
		{Name: DeploymentByInstance, Value: string(d.Instance)},
		{Name: DeploymentByRelease, Value: string(d.Release)},
	}
}

// joinWindow is how long a release that a deployment made waits for the deployments of
// its other services.
const joinWindow = 500 * time.Millisecond

// NewDeployment asks for one service to move to a build.
type NewDeployment struct {
	Service ID[Service]
	Build   ID[Build]
}

// CreateDeployment moves one service to a build. It joins the instance's newest release
// when that has the same build and configuration and not this service yet, so that
// deployments posted one after the other make one release, whose release process runs
// once; otherwise it makes a release of its own.
func (a *App) CreateDeployment(ctx context.Context, who Actor, in NewDeployment) (Deployment, error) {
	var made Deployment
	err := a.update(ctx, func(tx Tx) error {
		service, instance, site, err := serviceFor(tx.Reader(), who, ActionDeploy, in.Service)
		if err != nil {
			return err
		}
		build, err := deployable(tx.Reader(), site, in.Build)
		if err != nil {
			return err
		}
		if _, err := chosen(tx.Reader(), instance, build, []string{service.Name}); err != nil {
			return err
		}
		made, err = a.deploy(tx, who, instance, service, build)
		return err
	})
	return made, err
}

func (a *App) deploy(tx Tx, who Actor, instance Instance, service Service, build Build) (Deployment, error) {
	release, joins, err := a.joinable(tx.Reader(), instance, service, build)
	if err != nil {
		return Deployment{}, err
	}
	if !joins {
		release, err = a.putRelease(tx, Release{
			Instance: instance.ID, Build: build.ID, Creator: who.User, Reason: "deploy" + origin(build),
			RunPhase: true, NotBefore: a.now().Add(joinWindow),
		})
		if err != nil {
			return Deployment{}, err
		}
	}
	release.Services = append(slices.Clone(release.Services), service.Name)
	if release.State == ReleaseActive {
		release.State, release.Started = ReleaseStarting, a.now() // its other services have switched already
	}
	if err := tx.Releases().Put(release); err != nil {
		return Deployment{}, err
	}
	return a.putDeployment(tx, release, service.Name)
}

// joinable is the instance's newest release when a deployment of the service and the
// build belongs to it.
func (a *App) joinable(r Reader, instance Instance, service Service, build Build) (Release, bool, error) {
	release, err := numbered(r, instance.ID, instance.LastRelease)
	if IsNotFound(err) {
		return Release{}, false, nil
	}
	if err != nil {
		return Release{}, false, err
	}
	open := release.State.Moving() || release.State == ReleaseActive
	if !open || !release.RunPhase || release.Build != build.ID || release.has(service.Name) {
		return Release{}, false, nil
	}
	if release.State == ReleasePending {
		return release, true, nil
	}
	same, err := a.sameConfiguration(r, instance, release)
	return release, same, err
}

// sameConfiguration reports whether the release's variables are the present ones.
func (a *App) sameConfiguration(r Reader, instance Instance, release Release) (bool, error) {
	present, err := settle(r, instance)
	if err != nil {
		return false, err
	}
	same, err := a.sameEnvironment(present.shared, release.Env)
	for name := range present.services {
		if err != nil || !same {
			return false, err
		}
		same, err = a.sameEnvironment(present.services[name], release.ServiceEnv[name])
	}
	return same, err
}

// DeploymentFilter says which deployments to list; an empty field does not narrow.
type DeploymentFilter struct {
	Site     ID[Site]
	Instance ID[Instance]
}

// Deployments lists the deployments that who may see, oldest first.
func (a *App) Deployments(ctx context.Context, who Actor, filter DeploymentFilter) ([]Deployment, error) {
	deployments := []Deployment{}
	instances, err := a.instancesIn(ctx, who, filter.Site, filter.Instance)
	if err != nil {
		return nil, err
	}
	err = a.read(ctx, func(r Reader) error {
		for _, instance := range instances {
			some, err := gather(r.Deployments().By(DeploymentByInstance, string(instance.ID)), every[Deployment])
			if err != nil {
				return err
			}
			deployments = append(deployments, some...)
		}
		return nil
	})
	slices.SortFunc(deployments, func(a, b Deployment) int { return cmp.Compare(a.ID, b.ID) })
	return deployments, err
}

// instancesIn lists the instances that a filter means: one, those of a site, or all.
func (a *App) instancesIn(ctx context.Context, who Actor, site ID[Site], instance ID[Instance]) ([]Instance, error) {
	if instance == "" {
		return a.Instances(ctx, who, site)
	}
	one, err := a.Instance(ctx, who, instance)
	return []Instance{one}, err
}

// Deployment returns one deployment.
func (a *App) Deployment(ctx context.Context, who Actor, id ID[Deployment]) (Deployment, error) {
	var deployment Deployment
	err := a.read(ctx, func(r Reader) error {
		err := signedIn(who)
		if err != nil {
			return err
		}
		if deployment, err = r.Deployments().Get(id); err != nil {
			return err
		}
		_, _, err = instanceOf(r, who, ActionView, deployment.Instance, "deployment")
		return err
	})
	if err != nil {
		return Deployment{}, err
	}
	return deployment, nil
}
