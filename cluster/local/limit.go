package local

import (
	"context"
	"errors"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/tree"
)

// errDisk and errTime end a build that exceeds its limits.
var (
	errDisk = errors.New("the build takes too much disk")
	errTime = errors.New("the build takes too long")
)

// limit returns a context that ends with errDisk or errTime when the build exceeds the
// limit. stop ends the watch.
func (b *construction) limit(ctx context.Context) (limited context.Context, stop func()) {
	ctx, cancelTime := context.WithDeadlineCause(ctx, b.started.Add(b.engine.options.Limits.Time), errTime)
	limited, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { b.measure(limited, cancel) })
	return limited, func() {
		cancel(nil)
		cancelTime()
		watching.Wait()
	}
}

// measure walks what the build takes on disk again and again, and ends the build when
// that is too much. The cache counts by what it has grown.
func (b *construction) measure(ctx context.Context, cancel context.CancelCauseFunc) {
	cached := tree.Usage(ctx, b.cache())
	for ctx.Err() == nil {
		began := time.Now()
		used := tree.Usage(ctx, b.dir, b.tmp()) + tree.Usage(ctx, b.cache()) - cached
		if used > b.engine.options.Limits.Disk {
			cancel(errDisk)
			return
		}
		pause(ctx, max(measureInterval, 10*time.Since(began)))
	}
}

// blame says which limit ended the build, if one did.
func (b *construction) blame(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errDisk):
		return b.tooLarge()
	case errors.Is(cause, errTime):
		return app.Fault(app.CodeFailed, "the build took longer than %s and was stopped", b.engine.options.Limits.Time)
	default:
		return err
	}
}

func (b *construction) tooLarge() error {
	return app.Fault(app.CodeFailed, "the build took more than %d MB of disk and was stopped", b.engine.options.Limits.Disk>>20)
}
