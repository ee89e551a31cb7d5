package app

import (
	"context"
	"net/url"
)

// NewDrain is what CreateDrain is asked for.
type NewDrain struct {
	Instance ID[Instance]
	Target   string // see ParseDrainTarget
}

// Drains lists the drains of an instance.
func (a *App) Drains(ctx context.Context, who Actor, instance ID[Instance]) ([]Drain, error) {
	var drains []Drain
	err := a.read(ctx, func(r Reader) (err error) {
		if _, _, err := instanceFor(r, who, ActionView, instance); err != nil {
			return err
		}
		drains, err = gather(r.Drains().By(DrainByInstance, string(instance)), every[Drain])
		return err
	})
	return drains, err
}

// Drain returns one drain.
func (a *App) Drain(ctx context.Context, who Actor, id ID[Drain]) (Drain, error) {
	var drain Drain
	err := a.read(ctx, func(r Reader) (err error) {
		drain, err = drainFor(r, who, ActionView, id)
		return err
	})
	return drain, err
}

// DrainState returns how a drain stands.
func (a *App) DrainState(ctx context.Context, who Actor, id ID[Drain]) (DrainState, error) {
	if _, err := a.Drain(ctx, who, id); err != nil || a.DrainStates == nil {
		return DrainState{}, err
	}
	return a.DrainStates.DrainState(id), nil
}

// CreateDrain sends what is written to the logs of an instance from now on to a target.
// CodeConflict when it has a drain to there, or MaxDrains.
func (a *App) CreateDrain(ctx context.Context, who Actor, n NewDrain) (Drain, error) {
	var drain Drain
	err := a.update(ctx, func(tx Tx) error {
		instance, _, err := instanceFor(tx.Reader(), who, ActionManage, n.Instance)
		if err != nil {
			return err
		}
		target, err := ParseDrainTarget(n.Target)
		if err != nil {
			return err
		}
		if err := a.checkDrainFree(tx.Reader(), instance, target); err != nil {
			return err
		}
		drain = Drain{
			ID: NewID[Drain](a.now()), Instance: instance.ID, Target: a.Vault.Seal(target.String()), Shown: MaskDrainTarget(target),
			Creator: who.User, Created: a.now(),
		}
		if err := tx.Drains().Put(drain); err != nil {
			return err
		}
		return a.happened(tx, drain.event(who, "The logs are sent to "+drain.Shown+" from now on."))
	})
	return drain, err
}

// checkDrainFree says whether the instance can have one more drain, to that target.
func (a *App) checkDrainFree(r Reader, instance Instance, target *url.URL) error {
	drains, err := gather(r.Drains().By(DrainByInstance, instance.Key()), every[Drain])
	if err != nil {
		return err
	}
	if len(drains) >= MaxDrains {
		return Conflict("", "%s has %d drains already; remove one first", instance.Label, len(drains))
	}
	for _, other := range drains {
		at, err := a.Vault.Open(other.Target)
		if err != nil {
			return err
		}
		if at == target.String() {
			return Conflict("target", "%s has a drain to %s already", instance.Label, other.Shown)
		}
	}
	return nil
}

// DeleteDrain ends a drain. What it has not sent is not sent any more.
func (a *App) DeleteDrain(ctx context.Context, who Actor, id ID[Drain]) error {
	return a.update(ctx, func(tx Tx) error {
		drain, err := drainFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		if err := tx.Drains().Delete(drain.ID); err != nil {
			return err
		}
		return a.happened(tx, drain.event(who, "The logs are no longer sent to "+drain.Shown+"."))
	})
}

// event is what the feed tells of the drain.
func (d Drain) event(who Actor, text string) Event {
	return Event{Instance: d.Instance, Kind: EventDrain, By: who.User, About: d.Key(), Text: text}
}

// drainFor returns the drain when who may do the action to its instance.
func drainFor(r Reader, who Actor, action Action, id ID[Drain]) (Drain, error) {
	if err := signedIn(who); err != nil {
		return Drain{}, err
	}
	drain, err := r.Drains().Get(id)
	if err != nil {
		return Drain{}, err
	}
	_, _, err = instanceOf(r, who, action, drain.Instance, "log drain")
	return drain, err
}
