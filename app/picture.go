package app

import (
	"context"
	"fmt"
	"slices"
)

// picture is all that the store says of one instance at one moment.
type picture struct {
	instance Instance
	known    bool // the store has a record of it
	services []Service
	releases map[ID[Release]]Release // those that a service runs, and the moving one
	builds   map[ID[Build]]Build     // those of the releases
	moving   *Release                // the one whose turn it is, nil when all have ended
	alarms   map[string]bool         // the services that there is an alert about
}

func (p picture) deleted() bool { return !p.known || !p.instance.Deleted.IsZero() }

// picture reads the state of an instance; one that the store does not have is one
// whose workloads have to go.
func (a *App) picture(ctx context.Context, id ID[Instance]) (picture, error) {
	p := picture{releases: map[ID[Release]]Release{}, builds: map[ID[Build]]Build{}, alarms: map[string]bool{}}
	p.instance.ID = id
	err := a.read(ctx, func(r Reader) error {
		instance, err := r.Instances().Get(id)
		if IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		p.instance, p.known = instance, true
		return p.read(r)
	})
	if err != nil {
		return picture{}, fmt.Errorf("read the state of instance %s: %w", id, err)
	}
	return p, nil
}

func (p *picture) read(r Reader) error {
	for service, err := range r.Services().By(ServiceByInstance, string(p.instance.ID)) {
		if err != nil {
			return err
		}
		p.services = append(p.services, service)
		if service.Release != "" {
			if err := p.readRelease(r, service.Release); err != nil {
				return err
			}
		}
	}
	for alert, err := range r.Alerts().By(AlertGoing, string(p.instance.ID)) {
		if err != nil {
			return err
		}
		if alert.Kind == AlertWeb || alert.Kind == AlertWorker {
			p.alarms[alert.On] = true
		}
	}
	moving, err := movingReleases(r, p.instance.ID)
	if err != nil || len(moving) == 0 {
		return err
	}
	p.moving = &moving[0]
	return p.readRelease(r, p.moving.ID)
}

func (p *picture) readRelease(r Reader, id ID[Release]) error {
	release, err := r.Releases().Get(id)
	if err != nil {
		return err
	}
	p.releases[id] = release
	if release.Build == "" {
		return nil
	}
	build, err := r.Builds().Get(release.Build)
	if err == nil {
		p.builds[release.Build] = build
	}
	return err
}

// movingReleases lists the releases of an instance that are on their way; the first
// has its turn.
func movingReleases(r Reader, instance ID[Instance]) ([]Release, error) {
	moving, err := gather(r.Releases().By(ReleaseMoving, string(instance)), every[Release])
	slices.SortFunc(moving, func(a, b Release) int { return a.Number - b.Number })
	return moving, err
}

// members are the services that move to the release.
func (p picture) members(release Release) []Service {
	return slices.DeleteFunc(slices.Clone(p.services), func(s Service) bool { return !release.has(s.Name) })
}
