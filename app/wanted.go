package app

import "maps"

// target is a service in a release, at one restart count.
type target struct {
	service Service
	release Release
	ref     WorkloadRef
}

// wanted lists the workloads that the engine should have now: what each service runs,
// and beside it what is becoming healthy to take its place.
func (a *App) wanted(p picture) (map[WorkloadRef]Workload, error) {
	wanted := map[WorkloadRef]Workload{}
	for _, service := range p.services {
		for _, t := range a.targets(p, service) {
			workload, err := a.workload(p, t)
			if err != nil {
				return nil, err
			}
			wanted[t.ref] = workload
		}
	}
	return wanted, nil
}

// targets decides what of a service should run now.
func (a *App) targets(p picture, service Service) []target {
	current, runs := currentTarget(p, service)
	next, moves := nextTarget(p, service)
	switch {
	case !moves && !runs:
		return nil
	case !moves || next.ref == current.ref:
		return []target{current}
	case !runs:
		return []target{next}
	case p.config(next).Strategy == Overlap:
		return []target{current, next}
	case a.othersHealthy(p):
		return a.stopFirst(current, next)
	default:
		return []target{current} // it stops as late as can be
	}
}

// stopFirst starts the next workload when the engine has nothing left of the current.
func (a *App) stopFirst(current, next target) []target {
	if _, still := a.state.replicas(current.ref); still && current.service.Replicas > 0 {
		return nil
	}
	return []target{next}
}

// othersHealthy reports whether all overlapping services of the moving release are
// healthy, so that those that stop first may do so.
func (a *App) othersHealthy(p picture) bool {
	if p.moving == nil || p.moving.State != ReleaseStarting {
		return true
	}
	for _, service := range p.members(*p.moving) {
		next := target{service, *p.moving, nextRef(service, *p.moving)}
		if p.config(next).Strategy == Overlap && !a.healthy(next) {
			return false
		}
	}
	return true
}

// healthy reports whether as many replicas as there should be are.
func (a *App) healthy(t target) bool {
	replicas, known := a.state.replicas(t.ref)
	healthy := 0
	for _, replica := range replicas {
		if replica.State == ReplicaHealthy {
			healthy++
		}
	}
	return known && healthy >= t.service.Replicas
}

// currentTarget is what a service runs, if anything.
func currentTarget(p picture, service Service) (target, bool) {
	if service.Release == "" {
		return target{}, false
	}
	release := p.releases[service.Release]
	return target{service, release, currentRef(service, release)}, true
}

// nextTarget is what should take the place of what a service runs, if anything: its
// part of the release that is starting, or a restart.
func nextTarget(p picture, service Service) (target, bool) {
	switch {
	case p.moving != nil && p.moving.State == ReleaseStarting && p.moving.has(service.Name):
		return target{service, *p.moving, nextRef(service, *p.moving)}, true
	case service.Release != "" && service.restarting():
		release := p.releases[service.Release]
		return target{service, release, nextRef(service, release)}, true
	default:
		return target{}, false
	}
}

// currentRef is the workload of a service in the release that it runs.
func currentRef(service Service, release Release) WorkloadRef {
	return WorkloadRef{Instance: service.Instance, Service: service.Name, Release: release.Number, Restart: service.Running}
}

// nextRef is the workload of a service in a release at the newest restart.
func nextRef(service Service, release Release) WorkloadRef {
	return WorkloadRef{Instance: service.Instance, Service: service.Name, Release: release.Number, Restart: service.Restart}
}

// config is how the target's service is run.
func (p picture) config(t target) ServiceConfig {
	return p.builds[t.release.Build].Plan.config(t.service)
}

// workload describes a target to the engine.
func (a *App) workload(p picture, t target) (Workload, error) {
	build := p.builds[t.release.Build]
	program, err := a.program(p.instance, t.release, build, t.service.Name)
	if err != nil {
		return Workload{}, err
	}
	program = build.Plan.fill(program, t.service)
	program.Size, err = a.config.Sizes.Find(t.service.Size)
	return Workload{
		Ref:      t.ref,
		Program:  program,
		Kind:     t.service.Kind,
		Replicas: t.service.Replicas,
		Host:     p.instance.Domain,
		Scheme:   a.config.URL.Scheme,
		Config:   p.config(t),
		LogName:  ServiceLog(t.service),
	}, err
}

// programIn is the program of a one-off in a release of an instance, without its command and
// size. CodeNotFound when the instance is deleted or one of them is kept no more.
func (a *App) programIn(r Reader, id ID[Instance], in ID[Release], service string) (Program, error) {
	instance, err := aliveInstance(r, id)
	if err != nil {
		return Program{}, err
	}
	release, err := r.Releases().Get(in)
	if err != nil {
		return Program{}, err
	}
	build, err := r.Builds().Get(release.Build)
	if err != nil {
		return Program{}, err
	}
	return a.program(instance, release, build, service)
}

// program is what any process of a release runs in, without its command and size.
func (a *App) program(instance Instance, release Release, build Build, service string) (Program, error) {
	env, err := a.environment(instance, release, build, service)
	return Program{
		Site:     instance.Site,
		Instance: instance.ID,
		Artifact: build.Artifact,
		Volume:   build.Plan.Volume,
		Base:     maps.Clone(build.Plan.Env),
		Env:      env,
	}, err
}
