package local

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"gondor/app"
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
	cached := usage(ctx, b.cache())
	for ctx.Err() == nil {
		began := time.Now()
		used := usage(ctx, b.dir, b.tmp()) + usage(ctx, b.cache()) - cached
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

// removeAll removes a tree; a directory that its owner made unwritable is no obstacle.
func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	_ = each(dir, func(p place) error {
		if p.info.IsDir() {
			return p.root.Chmod(p.name, 0o700)
		}
		return nil
	}) // RemoveAll says what is left
	return os.RemoveAll(dir)
}
