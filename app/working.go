package app

import (
	"context"
	"fmt"
)

// Working reports whether Gondor is at work: it has seen everything there is, and its store
// has turns for who would write; nothing is written. CodeUnavailable says what is not so.
func (a *App) Working(ctx context.Context) error {
	select {
	case <-a.ready:
	default:
		return Fault(CodeUnavailable, "Gondor is still beginning its work")
	}
	if err := a.update(ctx, func(Tx) error { return nil }); err != nil {
		return fmt.Errorf("wait for a turn to write to the store: %w", err)
	}
	return nil
}
