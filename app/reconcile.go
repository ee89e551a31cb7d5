package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// reconcilers is how many instances are worked on at the same time. The work itself is
// short: nothing waits inside it.
const reconcilers = 4

// retryAfter is how long an instance rests after a fault of Gondor's own.
const retryAfter = 2 * time.Second

// Run makes true what the store says should be, until ctx ends. It is level-triggered:
// every change of the store and every word of the engine puts the instance in line, and
// its whole state is looked at anew. So it can be killed at any instruction and goes on
// after a restart. Run is called once.
func (a *App) Run(ctx context.Context) error {
	since, err := a.Store.Revision(ctx)
	if err != nil {
		return fmt.Errorf("read the store's revision: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.observe(ctx) })
	group.Go(func() error { return a.begin(ctx, since, group) })
	return group.Wait()
}

// begin waits until the engine has told of everything there is, so that nothing is
// started twice or taken for missing.
func (a *App) begin(ctx context.Context, since Revision, group *errgroup.Group) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-a.state.synced:
	}
	if err := a.enqueueAll(ctx); err != nil {
		return err
	}
	close(a.ready)
	for range reconcilers {
		group.Go(func() error { return a.reconcileLoop(ctx) })
	}
	for range a.config.Builds {
		group.Go(func() error { return a.buildLoop(ctx) })
	}
	if err := a.resumeRuns(ctx); err != nil {
		return err
	}
	group.Go(func() error { return a.runLoop(ctx) })
	for range taskWorkers {
		group.Go(func() error { return a.taskLoop(ctx) })
	}
	if err := a.enqueueDeliveries(ctx); err != nil {
		return err
	}
	for range deliveryWorkers {
		group.Go(func() error { return a.deliveryLoop(ctx) })
	}
	group.Go(func() error { return a.housekeeping(ctx) })
	return a.follow(ctx, since)
}

// observe takes to heart what the engine tells: routes change before fn returns.
func (a *App) observe(ctx context.Context) error {
	defer a.state.watch(func(id ID[Instance]) {
		if err := a.refreshRoutes(ctx, id); err != nil && ctx.Err() == nil {
			a.log.Error("refresh the routes", "instance", id, "error", err)
		}
		a.instances.add(id)
	})()
	return a.Workloads.Observe(ctx, a.state.take)
}

// follow puts the instance of every change of the store in line.
func (a *App) follow(ctx context.Context, since Revision) error {
	for change, err := range a.Store.Watch(ctx, since) {
		if errors.Is(err, ErrCompacted) {
			if since, err = a.Store.Revision(ctx); err == nil {
				err = a.enqueueAll(ctx)
			}
			if err != nil {
				return err
			}
			return a.follow(ctx, since)
		}
		if err != nil {
			return fmt.Errorf("follow the store: %w", err)
		}
		a.changed(ctx, change)
	}
	return ctx.Err()
}

func (a *App) changed(ctx context.Context, change Change) {
	if change.Instance != "" {
		a.instances.add(change.Instance)
	}
	switch {
	case change.Noun == "build":
		a.builds.wake()
	case change.Noun == "delivery" && !change.Deleted:
		a.moveOnDelivery(ctx, ID[Delivery](change.Key))
	case change.Noun == "task run" && !change.Deleted:
		a.moveOn(ctx, ID[TaskRun](change.Key))
	case change.Noun == "service" && change.Deleted:
		gone := Service{ID: ID[Service](change.Key), Instance: change.Instance}
		if err := a.Logs.Drop(ctx, ServiceLog(gone)); err != nil {
			a.log.Warn("drop the log of a deleted service", "service", change.Key, "error", err)
		}
	}
}

// enqueueAll puts every task in line, and every instance, with fresh routes, those that only the
// engine knows included.
func (a *App) enqueueAll(ctx context.Context) error {
	ids := a.state.instances()
	err := a.read(ctx, func(r Reader) error {
		for instance, err := range r.Instances().Each() {
			if err != nil {
				return err
			}
			ids = append(ids, instance.ID)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the instances: %w", err)
	}
	for _, id := range ids {
		if err := a.refreshRoutes(ctx, id); err != nil {
			return err
		}
		a.instances.add(id)
	}
	return a.enqueueTasks(ctx)
}

func (a *App) reconcileLoop(ctx context.Context) error {
	for {
		id, err := a.instances.take(ctx)
		if err != nil {
			return err
		}
		if err := a.reconcile(ctx, id); err != nil && ctx.Err() == nil {
			a.log.Error("reconcile", "instance", id, "error", err)
			a.instances.addAfter(id, retryAfter)
		}
		a.instances.done(id)
	}
}

// reconcile brings one instance a step nearer to what the store says.
func (a *App) reconcile(ctx context.Context, id ID[Instance]) error {
	now, err := a.picture(ctx, id)
	switch {
	case err != nil:
		return err
	case now.deleted():
		return a.tearDown(ctx, now)
	}
	if err := a.refreshRoutes(ctx, id); err != nil {
		return err
	}
	if err := a.advance(ctx, now); err != nil {
		return err
	}
	return orElse(a.converge(ctx, id), a.watchServices(ctx, now))
}

// converge makes the engine run what is wanted and nothing else.
func (a *App) converge(ctx context.Context, id ID[Instance]) error {
	now, err := a.picture(ctx, id)
	if err != nil || now.deleted() {
		return err
	}
	wanted, err := a.wanted(now)
	if err != nil {
		return err
	}
	for _, workload := range wanted {
		if err := a.Workloads.Apply(ctx, workload); err != nil {
			return fmt.Errorf("apply %s: %w", workload.Ref, err)
		}
	}
	lingers, err := a.lingers(ctx, now)
	if err != nil {
		return err
	}
	return a.removeOthers(ctx, id, func(ref WorkloadRef) bool {
		_, runs := wanted[ref]
		return runs || lingers[ref]
	})
}

// removeOthers removes the workloads of an instance but those to be kept.
func (a *App) removeOthers(ctx context.Context, id ID[Instance], keep func(WorkloadRef) bool) error {
	for _, ref := range a.state.refs(id) {
		if keep(ref) {
			continue
		}
		if err := a.Workloads.Remove(ctx, ref); err != nil {
			return fmt.Errorf("remove %s: %w", ref, err)
		}
	}
	return nil
}
