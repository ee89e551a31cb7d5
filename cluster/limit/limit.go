// Package limit ends builds that take more than they may, and says so.
package limit

import (
	"context"
	"errors"
	"sync"
	"time"

	"gondor/app"
)

// errDisk, errFull and errTime end a build that exceeds its limits.
var (
	errDisk = errors.New("the build takes too much disk")
	errFull = errors.New("the build takes what is left of the disk")
	errTime = errors.New("the build takes too long")
)

// measureInterval is the time between two measurements of what a build takes on disk; one
// that takes long is made less often.
const measureInterval = 2 * time.Second

// lookInterval is how often the free space of the disk is looked at, which is quick.
const lookInterval = 100 * time.Millisecond

// Build is what one build may take, and where it does.
type Build struct {
	Began time.Time
	Time  time.Duration
	Disk  int64    // bytes
	Dirs  []string // of the build alone
	Cache string   // counts by what it has grown
	Usage func(ctx context.Context, dirs ...string) int64
	// Free returns how many bytes of the disk are free; the build ends when they are fewer
	// than Reserve. nil: it does not matter.
	Free    func() (int64, error)
	Reserve int64
}

// Watch returns a context that ends when the build exceeds a limit, which Blame tells of.
// stop ends the watch.
func (b Build) Watch(ctx context.Context) (limited context.Context, stop func()) {
	ctx, cancelTime := context.WithDeadlineCause(ctx, b.Began.Add(b.Time), errTime)
	limited, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { b.look(limited, cancel) })
	return limited, func() {
		cancel(nil)
		cancelTime()
		watching.Wait()
	}
}

// look ends the build when the disk gets full. Again and again it walks what the build
// takes on disk, and ends it when that is too much: at once when so much has gone from the
// free space that it may be.
func (b Build) look(ctx context.Context, cancel context.CancelCauseFunc) {
	cached := b.Usage(ctx, b.Cache)
	before, _ := b.free()
	var measured time.Time
	var rest time.Duration
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		free, full := b.free()
		if full {
			cancel(errFull)
			return
		}
		began := time.Now()
		if due := began.Sub(measured); due > max(measureInterval, rest) || before-free > b.Disk && due > rest {
			if b.Usage(ctx, b.Dirs...)+b.Usage(ctx, b.Cache)-cached > b.Disk {
				cancel(errDisk)
				return
			}
			measured, rest = time.Now(), 10*time.Since(began)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// free is how much of the disk is free, and whether that is too little. A disk that can't
// be looked at is none of the build's faults.
func (b Build) free() (bytes int64, full bool) {
	if b.Free == nil {
		return 0, false
	}
	bytes, err := b.Free()
	return bytes, err == nil && bytes < b.Reserve
}

// Blame says which limit ended the build, if one did: err otherwise. A step may meet the
// end of the disk before anybody looks.
func (b Build) Blame(limited context.Context, err error) error {
	cause := context.Cause(limited)
	if _, full := b.free(); full && cause == nil {
		cause = errFull
	}
	switch {
	case errors.Is(cause, errDisk):
		return b.TooLarge()
	case errors.Is(cause, errFull):
		return app.Fault(app.CodeFailed, "the build left less than %d MB of the disk free and was stopped, so that what runs goes on", b.Reserve>>20)
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
