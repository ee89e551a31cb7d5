package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gondor/app"
)

// patience is how long a collection waits for a moment in which nothing changes.
const patience = 2 * time.Minute

// collection is one garbage collection: it marks all that stays, then sweeps the rest. It
// runs while nothing changes.
type collection struct {
	tree
	log     *slog.Logger
	young   time.Time       // what changed later stays, for its manifest may be on its way
	marked  map[string]bool // blobs that stay
	dropped map[string]bool // REPOSITORY@DIGEST that lost a tag: no push of it is under way
	removed int             // blobs
}

func (c *collection) isYoung(changed time.Time) bool { return changed.After(c.young) }

// Run collects garbage at once, for a registry that was killed may have left some, then
// regularly, until ctx ends.
func (r *Registry) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if err := r.Collect(ctx); err != nil && ctx.Err() == nil {
			r.options.Logger.Error("garbage was not collected", "error", err)
		}
		timer.Reset(r.options.Interval)
	}
}

// Collect removes what no tag and no push needs. It waits until no change is under way,
// and changes wait meanwhile. CodeUnavailable when there are always some.
func (r *Registry) Collect(ctx context.Context) error {
	return r.alone(ctx, func(c *collection) error { return c.run() })
}

// alone runs something while nothing changes, and learns how full the disk is then.
func (r *Registry) alone(ctx context.Context, run func(*collection) error) error {
	busy := app.Fault(app.CodeUnavailable, "the registry is busy with pushes; its garbage is collected later")
	waiting, cancel := context.WithTimeoutCause(ctx, patience, busy)
	defer cancel()
	if err := r.gate.close(waiting); err != nil {
		return err
	}
	defer r.gate.open()
	began, before := time.Now(), r.disk.used.Load()
	c := &collection{
		tree: tree{r.root}, log: r.options.Logger, young: began.Add(-r.options.Grace),
		marked: map[string]bool{}, dropped: map[string]bool{},
	}
	if err := errors.Join(run(c), r.disk.measure()); err != nil {
		return fmt.Errorf("collect garbage: %w", err)
	}
	if c.removed > 0 {
		r.options.Logger.Info("collected garbage", "blobs", c.removed, "bytes", before-r.disk.used.Load(), "took", time.Since(began))
	}
	return nil
}

// run marks all repositories before it removes anything.
func (c *collection) run() error {
	names, err := c.repositories()
	if err != nil {
		return err
	}
	all := make([]*holdings, 0, len(names))
	for _, name := range names {
		h, err := c.mark(name)
		if err != nil {
			return err
		}
		all = append(all, h)
	}
	for _, h := range all {
		if err := c.sweep(h); err != nil {
			return err
		}
	}
	return c.sweepBlobs()
}
