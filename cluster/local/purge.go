package local

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gondor/app"
)

// Purge implements app.Workloads. CodeConflict while a workload of the instance is there.
func (e *Engine) Purge(_ context.Context, id app.ID[app.Instance]) error {
	if id == "" {
		return app.Invalid("instance", "is missing")
	}
	if err := e.checkIdle(id); err != nil {
		return err
	}
	err := errors.Join(os.RemoveAll(e.layout.data(id)), os.RemoveAll(e.layout.home(id)), os.RemoveAll(e.layout.tmp(string(id))))
	if err != nil {
		return fmt.Errorf("purge an instance: %w", err)
	}
	return e.identities.forget(id)
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
