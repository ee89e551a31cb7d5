package app

import (
	"context"
	"fmt"
)

// advanceRestarts lets services whose new replicas are healthy go over to them, each by
// itself, and gives up those that will not become healthy.
func (a *App) advanceRestarts(ctx context.Context, p picture) error {
	for _, service := range p.services {
		next, moves := nextTarget(p, service)
		if !moves {
			continue
		}
		if err := a.advanceRestart(ctx, p, next); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) advanceRestart(ctx context.Context, p picture, next target) error {
	why := a.hopeless(p, next, next.service.Restarted)
	if why == "" && !a.healthy(next) {
		a.instances.addAfter(p.instance.ID, deadlineCheck)
		return nil
	}
	err := a.update(ctx, func(tx Tx) error {
		service, err := tx.Services().Get(next.service.ID)
		if err != nil || service.Restart != next.service.Restart || service.Release != next.service.Release {
			return err // deleted, or asked for anew: the next look decides
		}
		if why == "" {
			service.Running, service.GaveUp, service.Fault = service.Restart, 0, ""
		} else {
			service.GaveUp, service.Fault = service.Restart, why // the old replicas serve on
		}
		return tx.Services().Put(service)
	})
	if err != nil {
		return fmt.Errorf("restart %s: %w", next.ref, err)
	}
	return a.refreshRoutes(ctx, p.instance.ID)
}
