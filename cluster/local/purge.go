package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"gondor/app"
)

// Purge implements app.Workloads. CodeConflict while a workload of the instance is there.
func (e *Engine) Purge(ctx context.Context, id app.ID[app.Instance]) error {
	if id == "" {
		return app.Invalid("instance", "is missing")
	}
	if err := e.checkIdle(id); err != nil {
		return err
	}
	if err := e.endRuns(ctx, id); err != nil {
		return fmt.Errorf("end what runs in an instance: %w", err)
	}
	err := errors.Join(os.RemoveAll(e.layout.data(id)), os.RemoveAll(e.layout.home(id)), os.RemoveAll(e.layout.tmp(string(id))))
	if err != nil {
		return fmt.Errorf("purge an instance: %w", err)
	}
	return e.identities.forget(id)
}

// killPatience is how long a run may take to go that was killed.
const killPatience = 5 * time.Second

// endRuns kills the runs of an instance that is no more; those who are attached to them
// are told, and forget them.
func (e *Engine) endRuns(ctx context.Context, id app.ID[app.Instance]) error {
	ctx, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	statuses, err := e.supervisor.List(ctx)
	if err != nil {
		return fmt.Errorf("list the processes: %w", err)
	}
	for _, s := range statuses {
		if s.Labels[labelKind] == kindRun && s.Labels[labelInstance] == string(id) {
			err = errors.Join(err, e.killRun(ctx, s.ID))
		}
	}
	return err
}

func (e *Engine) killRun(ctx context.Context, id string) error {
	if err := e.supervisor.Stop(ctx, id); err != nil {
		return ignoreNotFound(err)
	}
	if err := e.supervisor.Signal(ctx, id, syscall.SIGKILL); err != nil && app.CodeOf(err) != app.CodeConflict {
		return ignoreNotFound(err)
	}
	_, err := e.supervisor.Wait(ctx, id)
	return ignoreNotFound(err)
}

func (e *Engine) checkIdle(id app.ID[app.Instance]) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ref := range e.workloads {
		if ref.Instance == id {
			return app.Conflict("instance", "%s is still there; remove it first", ref)
		}
	}
	return nil
}
