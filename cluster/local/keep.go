package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gondor/app"
	"gondor/cluster/tree"
)

// Keep implements app.Builder. What a build that was never finished left is removed once
// it is older than any build can be.
func (e *Engine) Keep(ctx context.Context, asOf time.Time, builds []app.ID[app.Build], sites []app.ID[app.Site]) error {
	return errors.Join(e.keepArtifacts(ctx, asOf, builds), e.keepCaches(ctx, sites))
}

// clockStep is by how much a file's time may lag behind the clock: the kernel's tick is
// 10 ms at most.
const clockStep = 20 * time.Millisecond

func (e *Engine) keepArtifacts(ctx context.Context, asOf time.Time, builds []app.ID[app.Build]) error {
	dirs, err := filepath.Glob(filepath.Join(e.layout.artifacts(), "*", "*"))
	if err != nil {
		return fmt.Errorf("list the artifacts: %w", err)
	}
	var errs []error
	for _, dir := range dirs {
		wanted := slices.Contains(builds, app.ID[app.Build](filepath.Base(dir)))
		if !wanted && ctx.Err() == nil && e.isOver(dir, asOf.Add(-clockStep)) {
			errs = append(errs, e.removeArtifact(ctx, dir))
		}
	}
	return errors.Join(errs...)
}

// isOver reports whether no build is at work on the directory, nor ended its work there
// after that time.
func (e *Engine) isOver(dir string, before time.Time) bool {
	e.mu.Lock()
	building := e.building[app.ID[app.Build](filepath.Base(dir))]
	e.mu.Unlock()
	if marker, err := os.Stat(filepath.Join(dir, completeMarker)); err == nil || building {
		return !building && marker.ModTime().Before(before)
	}
	info, err := os.Stat(dir)
	return err == nil && time.Since(info.ModTime()) > e.options.Limits.Time
}

// removeArtifact removes a build with what is kept of its steps, and the site's
// directory when it was the last.
func (e *Engine) removeArtifact(ctx context.Context, dir string) error {
	prefix := "build-" + filepath.Base(dir) + "-"
	if err := e.removeSteps(ctx, prefix); err != nil {
		return err
	}
	// Without its marker first, so that half of it is never taken for whole.
	err := errors.Join(ignoreMissing(os.Remove(filepath.Join(dir, completeMarker))), tree.RemoveAll(dir))
	if err != nil {
		return fmt.Errorf("remove an artifact: %w", err)
	}
	_ = os.Remove(filepath.Dir(dir)) // fails while it holds others
	return nil
}

// removeSteps stops and forgets the processes whose IDs begin so.
func (e *Engine) removeSteps(ctx context.Context, prefix string) error {
	statuses, err := e.supervisor.List(ctx)
	if err != nil {
		return fmt.Errorf("list the processes: %w", err)
	}
	for _, s := range statuses {
		if len(s.ID) > len(prefix) && s.ID[:len(prefix)] == prefix {
			if err := e.supervisor.Remove(ctx, s.ID); err != nil {
				return fmt.Errorf("forget a step: %w", err)
			}
		}
	}
	return nil
}

// cached is the cache of a site.
type cached struct {
	dir  string
	used time.Time
	size int64
}

// keepCaches removes the caches of sites that are no more, then those that were not used
// for the longest time until the rest is within the budget.
func (e *Engine) keepCaches(ctx context.Context, sites []app.ID[app.Site]) error {
	entries, err := os.ReadDir(e.layout.caches())
	if err != nil {
		return fmt.Errorf("list the caches: %w", err)
	}
	var kept []cached
	var errs []error
	for _, entry := range entries {
		id := app.ID[app.Site](entry.Name())
		info, err := entry.Info()
		if err == nil && slices.Contains(sites, id) {
			kept = append(kept, cached{e.layout.cache(id), info.ModTime(), tree.Usage(ctx, e.layout.cache(id))})
		} else if len(e.buildsUnderWay()) == 0 {
			errs = append(errs, tree.RemoveAll(e.layout.cache(id)))
		}
	}
	return errors.Join(append(errs, e.shrink(kept))...)
}

// buildsUnderWay lists builds; while there are any, no cache is removed under them.
func (e *Engine) buildsUnderWay() []app.ID[app.Build] {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []app.ID[app.Build]
	for id := range e.building {
		all = append(all, id)
	}
	return all
}

func (e *Engine) shrink(caches []cached) error {
	slices.SortFunc(caches, func(a, b cached) int { return b.used.Compare(a.used) }) // the latest first
	var total int64
	var errs []error
	for _, c := range caches {
		if total += c.size; total > e.options.CacheBudget && len(e.buildsUnderWay()) == 0 {
			errs = append(errs, tree.RemoveAll(c.dir))
			total -= c.size
		}
	}
	return errors.Join(errs...)
}
