// Package limit ends builds that take more than they may, and says so.
package limit

import (
	"context"
	"errors"
	"sync"
	"time"

	"gondor/app"
)

// errDisk and errTime end a build that exceeds its limits.
var (
	errDisk = errors.New("the build takes too much disk")
	errTime = errors.New("the build takes too long")
)

// measureInterval is the least time between two measurements of what a build takes on
// disk; a measurement that takes long is made less often.
const measureInterval = 2 * time.Second

// Build is what one build may take, and where it does.
type Build struct {
	Began time.Time
	Time  time.Duration
	Disk  int64    // bytes
	Dirs  []string // of the build alone
	Cache string   // counts by what it has grown
	Usage func(ctx context.Context, dirs ...string) int64
}

// Watch returns a context that ends when the build exceeds a limit, which Blame tells of.
// stop ends the watch.
func (b Build) Watch(ctx context.Context) (limited context.Context, stop func()) {
	ctx, cancelTime := context.WithDeadlineCause(ctx, b.Began.Add(b.Time), errTime)
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
// that is too much.
func (b Build) measure(ctx context.Context, cancel context.CancelCauseFunc) {
	cached := b.Usage(ctx, b.Cache)
	for {
		began := time.Now()
		if b.Usage(ctx, b.Dirs...)+b.Usage(ctx, b.Cache)-cached > b.Disk {
			cancel(errDisk)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(measureInterval, 10*time.Since(began))):
		}
	}
}

// Blame says which limit ended the build, if one did: err otherwise.
func (b Build) Blame(limited context.Context, err error) error {
	switch cause := context.Cause(limited); {
	case errors.Is(cause, errDisk):
		return b.TooLarge()
	case errors.Is(cause, errTime):
		return app.Fault(app.CodeFailed, "the build took longer than %s and was stopped", b.Time)
	default:
		return err
	}
}

// TooLarge is what is told of a build that takes too much disk.
func (b Build) TooLarge() error {
	return app.Fault(app.CodeFailed, "the build took more than %d MB of disk and was stopped", b.Disk>>20)
}
