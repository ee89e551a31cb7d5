package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// deadlineCheck is how often an instance whose replicas are becoming healthy is looked
// at, besides at every word of the engine, to see a deadline pass.
const deadlineCheck = time.Second

// advance moves the release whose turn it is, or a restart, one step on. The steps are
// those of ReleaseState's picture; each is one transaction, so that after a kill the
// next look finds either the step before or the step after.
func (a *App) advance(ctx context.Context, p picture) error {
	if p.moving == nil {
		return a.advanceRestarts(ctx, p)
	}
	switch p.moving.State {
	case ReleasePending:
		return a.admit(ctx, *p.moving)
	case ReleasePreparing:
		return a.prepare(ctx, p)
	default:
		return a.launch(ctx, p)
	}
}

// errStale says that a release is no longer in the state that a step began from.
var errStale = errors.New("the release has moved on")

// step changes a release in one transaction, and returns it as it then is. A release
// that has left the state of was, by another's hand, is left alone.
func (a *App) step(ctx context.Context, was Release, change func(Tx, *Release) error) (Release, error) {
	var now Release
	err := a.update(ctx, func(tx Tx) error {
		var err error
		if now, err = tx.Releases().Get(was.ID); err != nil {
			return err
		}
		if now.State != was.State {
			return errStale
		}
		if err := change(tx, &now); err != nil {
			return err
		}
		return tx.Releases().Put(now)
	})
	if errors.Is(err, errStale) {
		return now, nil
	}
	if err != nil {
		return Release{}, fmt.Errorf("move release v%d of instance %s on: %w", was.Number, was.Instance, err)
	}
	return now, nil
}

// launch waits for the release's services to become healthy, then switches all of them
// to it, or fails the release.
func (a *App) launch(ctx context.Context, p picture) error {
	members := p.members(*p.moving)
	if len(members) == 0 {
		return a.conclude(ctx, *p.moving, ReleaseCancelled, "Its services have been deleted.")
	}
	ready := true
	for _, service := range members {
		next := target{service, *p.moving, nextRef(service, *p.moving)}
		if why := a.hopeless(p, next, p.moving.Started); why != "" {
			return a.conclude(ctx, *p.moving, ReleaseFailed, why)
		}
		ready = ready && a.healthy(next)
	}
	if !ready {
		a.instances.addAfter(p.instance.ID, deadlineCheck)
		return nil
	}
	return a.switchOver(ctx, p, *p.moving)
}

// switchOver is the moment of a deploy: one transaction moves all services of the
// release to it, the routes follow, and only then is the release called active, so that
// who reads that it is also sees its pages. What is old is stopped after that.
func (a *App) switchOver(ctx context.Context, p picture, release Release) error {
	if err := a.moveServices(ctx, release, p.members(release)); err != nil {
		return err
	}
	if err := a.refreshRoutes(ctx, release.Instance); err != nil {
		return err
	}
	now, err := a.step(ctx, release, func(tx Tx, release *Release) error {
		release.State, release.Ended, release.Message = ReleaseActive, a.now(), ""
		return errors.Join(retire(tx, *release), a.happened(tx, release.event()), a.settle(tx, AlertDeploy, string(release.Instance), fmt.Sprintf("v%d is active.", release.Number)))
	})
	if err != nil || now.State != ReleaseActive {
		return err
	}
	a.say(ctx, release, fmt.Sprintf("v%d is active: %s.", release.Number, strings.Join(release.Services, ", ")))
	a.closeLog(ctx, release)
	a.tidy()
	return nil
}

// moveServices lets the services run the release, at the restart counts that were seen
// to be healthy.
func (a *App) moveServices(ctx context.Context, release Release, seen []Service) error {
	_, err := a.step(ctx, release, func(tx Tx, release *Release) error {
		for _, healthy := range seen {
			service, err := tx.Services().Get(healthy.ID)
			if err != nil {
				return err
			}
			service.Release, service.Running = release.ID, healthy.Restart
			service.GaveUp, service.Fault = 0, ""
			if err := tx.Services().Put(service); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// retire marks the active releases that no service runs any more.
func retire(tx Tx, active Release) error {
	running := map[ID[Release]]bool{active.ID: true}
	for service, err := range tx.Services().By(ServiceByInstance, string(active.Instance)) {
		if err != nil {
			return err
		}
		running[service.Release] = true
	}
	idle, err := gather(tx.Releases().By(ReleaseServing, string(active.Instance)), func(r Release) bool { return !running[r.ID] })
	for _, release := range idle {
		release.State = ReleaseRetired
		if err := tx.Releases().Put(release); err != nil {
			return err
		}
	}
	return err
}

// conclude ends a release that did not switch. What ran before runs on. A release that
// serves already, and was joined by a service that failed, stays active.
func (a *App) conclude(ctx context.Context, release Release, state ReleaseState, why string) error {
	now, err := a.step(ctx, release, func(tx Tx, release *Release) error {
		release.State, release.Ended, release.Message = state, a.now(), why
		serves, err := isRun(tx.Reader(), *release)
		if err != nil {
			return err
		}
		err = a.happened(tx, release.event())
		if state == ReleaseFailed {
			err = orElse(err, a.raise(tx, release.alert()))
		}
		if serves {
			release.State = ReleaseActive
		}
		return err
	})
	if err != nil || now.State.Moving() {
		return err
	}
	a.say(ctx, release, fmt.Sprintf("v%d %s: %s", release.Number, state, why))
	a.closeLog(ctx, release)
	a.instances.add(release.Instance) // the next in line has its turn
	a.tidy()
	return nil
}

// isRun reports whether a service runs the release.
func isRun(r Reader, release Release) (bool, error) {
	for service, err := range r.Services().By(ServiceByInstance, string(release.Instance)) {
		if err != nil || service.Release == release.ID {
			return err == nil, err
		}
	}
	return false, nil
}

// say writes a line into the release's log. A log that can't be written stops no deploy.
func (a *App) say(ctx context.Context, release Release, text string) {
	ctx = context.WithoutCancel(ctx) // it tells of what has happened already
	for _, line := range slices.Collect(strings.Lines(text)) {
		if err := a.Logs.Append(ctx, ReleaseLog(release), strings.TrimRight(line, "\n")); err != nil {
			a.log.Warn("write the release's log", "release", release.ID, "error", err)
		}
	}
}

func (a *App) closeLog(ctx context.Context, release Release) {
	if err := a.Logs.Close(context.WithoutCancel(ctx), ReleaseLog(release)); err != nil {
		a.log.Warn("close the release's log", "release", release.ID, "error", err)
	}
}
