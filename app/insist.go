package app

import (
	"context"
	"time"
)

// insist calls fn until it does not fail for a full disk or something else that passes, or
// ctx ends.
func (a *App) insist(ctx context.Context, what string, fn func() error) error {
	for {
		err := fn()
		if code := CodeOf(err); code != CodeFull && code != CodeUnavailable {
			return err
		}
		a.log.Warn("try again later", "what", what, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}
