package app

import "context"

// Working reports whether Gondor is at work: it has seen everything there is, and its store
// can write. CodeUnavailable says what it has not seen, CodeFull that the disk is full.
func (a *App) Working(ctx context.Context) error {
	select {
	case <-a.ready:
	default:
		return Fault(CodeUnavailable, "Gondor is still beginning its work")
	}
	return a.Store.Prove(ctx)
}
