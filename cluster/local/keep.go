package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gondor/app"
	"gondor/cluster/tree"
)

// Keep implements app.Builder. It removes what unfinished builds left, too, unless they are
// under way, and makes what the next ones can take over.
func (e *Engine) Keep(ctx context.Context, asOf time.Time, builds []app.ID[app.Build], sites []app.ID[app.Site]) error {
	return errors.Join(e.keepArtifacts(ctx, asOf, builds), e.keepSpares(ctx), e.keepCaches(ctx, sites), e.keepLogs(ctx))
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
		wanted := slices.Contains(builds, app.ID[app.Build](filepath.Base(dir))) || !isBuild(dir)
		if !wanted && ctx.Err() == nil && e.isOver(dir, asOf.Add(-clockStep)) {
			errs = append(errs, e.removeArtifact(ctx, dir))
		}
	}
	return errors.Join(errs...)
}

// isBuild reports whether a directory holds what a build leaves and nothing else: what
// somebody else has put beside artifacts is never removed.
func isBuild(dir string) bool {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		name := entry.Name()
		if name != "app" && name != unpackedMarker && name != completeMarker &&
			!strings.HasPrefix(name, newPrefix) && !strings.HasPrefix(name, takenPrefix) {
			return false
		}
	}
	return err == nil
}

// isOver reports whether no build is at work on the directory, nor made an artifact there
// after that time. One that is neither has failed or was cancelled.
func (e *Engine) isOver(dir string, before time.Time) bool {
	e.mu.Lock()
	_, building := e.building[app.ID[app.Build](filepath.Base(dir))]
	e.mu.Unlock()
	marker, err := os.Stat(filepath.Join(dir, completeMarker))
	return !building && (err != nil || marker.ModTime().Before(before))
}

// removeArtifact removes a build with what is kept of its steps, and the site's
// directory when it was the last.
func (e *Engine) removeArtifact(ctx context.Context, dir string) error {
	prefix := "build-" + filepath.Base(dir) + "-"
	if err := e.removeSteps(ctx, prefix); err != nil {
		return err
	}
	// Without its marker first, so that half of it is never taken for whole.
	err := errors.Join(ignoreMissing(os.Remove(filepath.Join(dir, completeMarker))),
		tree.RemoveAll(dir), tree.RemoveAll(e.layout.tmp(filepath.Base(dir))))
	if err != nil {
		return fmt.Errorf("remove an artifact: %w", err)
	}
	e.removeEmpty(app.ID[app.Site](filepath.Base(filepath.Dir(dir))))
	return nil
}

// removeEmpty removes the directory of a site that holds nothing, unless a build is about to
// put something there.
func (e *Engine) removeEmpty(site app.ID[app.Site]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.hasBuild(site) {
		_ = os.Remove(e.layout.site(site)) // fails while it holds anything
	}
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
