package app

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// How long a service has no healthy replica before that is an alert, and how long it has one
// again before that is over: a service that starts and ends in turns is one alert.
const (
	downTime = time.Minute
	upTime   = 30 * time.Second
)

// vigil remembers since when each service is healthy, or not. It is safe for concurrent use.
type vigil struct {
	mu   sync.Mutex
	seen map[ID[Service]]sighting
}

// sighting is what a service has been since when.
type sighting struct {
	healthy bool
	since   time.Time
}

func newVigil() *vigil { return &vigil{seen: map[ID[Service]]sighting{}} }

// look returns for how long the service has been as it is now.
func (v *vigil) look(id ID[Service], healthy bool, now time.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if last, known := v.seen[id]; !known || last.healthy != healthy {
		v.seen[id] = sighting{healthy, now}
	}
	return now.Sub(v.seen[id].since)
}

func (v *vigil) forget(id ID[Service]) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.seen, id)
}

// watchServices begins and ends the alerts about services that should run and do not.
func (a *App) watchServices(ctx context.Context, p picture) error {
	for _, service := range p.services {
		if err := a.watchService(ctx, p, service); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) watchService(ctx context.Context, p picture, service Service) error {
	release, runs := p.releases[service.Release]
	if !runs || service.Replicas == 0 {
		a.vigil.forget(service.ID)
		return a.settleService(ctx, p, service, service.Name+" is scaled to 0.")
	}
	state, why := a.health(service, release)
	span := a.vigil.look(service.ID, state == ServiceRunning, a.now())
	switch {
	case state == ServiceRunning && !p.alarmed(service):
		return nil
	case state == ServiceRunning && span >= upTime:
		return a.settleService(ctx, p, service, service.Name+" is healthy again.")
	case state == ServiceRunning:
		a.instances.addAfter(p.instance.ID, upTime-span)
	case p.alarmed(service):
	case span >= downTime:
		return a.update(ctx, func(tx Tx) error { return a.raiseDown(tx, service, why) })
	default:
		a.instances.addAfter(p.instance.ID, downTime-span)
	}
	return nil
}

// raiseDown tells of a service that has no healthy replica, unless it was deleted meanwhile.
func (a *App) raiseDown(tx Tx, service Service, why string) error {
	if _, err := tx.Services().Get(service.ID); err != nil {
		if IsNotFound(err) {
			return nil
		}
		return err
	}
	title := fmt.Sprintf("%s is down: it has had no healthy replica for %.0f s.", service.Name, downTime.Seconds())
	err := a.raise(tx, Alert{Instance: service.Instance, Kind: downKind(service), On: service.Key(), Title: title, Text: why})
	return orElse(err, a.happened(tx, Event{Instance: service.Instance, Kind: EventService, About: service.Key(), Warning: true, Text: title}))
}

func downKind(service Service) AlertKind {
	if service.Kind == Web {
		return AlertWeb
	}
	return AlertWorker
}

// alarmed reports whether there is an alert about the service being down.
func (p picture) alarmed(service Service) bool { return p.alarms[service.Key()] }

func (a *App) settleService(ctx context.Context, p picture, service Service, how string) error {
	if !p.alarmed(service) {
		return nil
	}
	return a.update(ctx, func(tx Tx) error {
		event := Event{Instance: service.Instance, Kind: EventService, About: service.Key(), Text: how}
		return orElse(a.settle(tx, downKind(service), service.Key(), how), a.happened(tx, event))
	})
}
