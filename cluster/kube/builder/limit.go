package builder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// measureInterval is the least time between two measurements of what a build takes on
// disk; a measurement that takes long is made less often.
const measureInterval = 2 * time.Second

// limit returns a context that ends with errDisk or errTime when the build exceeds the
// limit. stop ends the watch.
func (b *construction) limit(ctx context.Context) (limited context.Context, stop func()) {
	ctx, cancelTime := context.WithDeadlineCause(ctx, b.started.Add(b.Time), errTime)
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
	for {
		began := time.Now()
		used := tree.Usage(ctx, b.dirs.App, b.temporary()) + tree.Usage(ctx, b.cache()) - cached
		if used > b.Disk {
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

// blame says which limit ended the build, if one did.
func (b *construction) blame(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errDisk):
		return b.tooLarge()
	case errors.Is(cause, errTime):
		return app.Fault(app.CodeFailed, "the build took longer than %s and was stopped", b.Time)
	default:
		return err
	}
}

func (b *construction) tooLarge() error {
	return app.Fault(app.CodeFailed, "the build took more than %d MB of disk and was stopped", b.Disk>>20)
}

// memoryKills is how many processes the kernel has killed because the container used too
// much memory (Linux admin-guide/cgroup-v2 and v1/memory); 0 when that can't be known.
func memoryKills(cgroups string) int {
	for _, name := range []string{"memory.events", "memory/memory.oom_control"} {
		text, err := os.ReadFile(filepath.Join(cgroups, name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			count, found := strings.CutPrefix(line, "oom_kill ")
			if n, err := strconv.Atoi(strings.TrimSpace(count)); found && err == nil {
				return n
			}
		}
	}
	return 0
}
