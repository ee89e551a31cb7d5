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
	"gondor/cluster/logfile"
	"gondor/cluster/tree"
)

// cached is the cache of a site.
type cached struct {
	site app.ID[app.Site]
	dir  string
	used time.Time
	size int64
}

// listCaches lists the caches, the one that was used for the longest time ago first. What
// no build has made is none.
func (e *Engine) listCaches() ([]cached, error) {
	entries, err := os.ReadDir(e.layout.caches())
	if err != nil {
		return nil, fmt.Errorf("list the caches: %w", err)
	}
	var all []cached
	for _, entry := range entries {
		dir := filepath.Join(e.layout.caches(), entry.Name())
		info, err := entry.Info()
		_, failed := os.Stat(homeIn(dir))
		if err == nil && (failed == nil || strings.HasSuffix(dir, removedSuffix)) {
			all = append(all, cached{site: app.ID[app.Site](entry.Name()), dir: dir, used: info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b cached) int { return a.used.Compare(b.used) })
	return all, nil
}

// homeIn is the HOME that every build finds in its site's cache.
func homeIn(cache string) string { return filepath.Join(cache, "home") }

// keepCaches removes the caches of sites that are no more, then those that were not used
// for the longest time until the rest is within the budget.
func (e *Engine) keepCaches(ctx context.Context, sites []app.ID[app.Site]) error {
	all, err := e.listCaches()
	if err != nil {
		return err
	}
	var total int64
	var errs []error
	for i, c := range all {
		if !slices.Contains(sites, c.site) {
			errs = append(errs, e.removeCache(c))
			continue
		}
		all[i].size = tree.Usage(ctx, c.dir)
		total += all[i].size
	}
	return errors.Join(append(errs, e.shrink(all, total-e.options.CacheBudget))...)
}

// DropCaches implements app.Disk.
func (e *Engine) DropCaches(ctx context.Context, bytes int64) error {
	all, err := e.listCaches()
	for i, c := range all {
		all[i].size = tree.Usage(ctx, c.dir)
	}
	return errors.Join(err, e.shrink(all, bytes))
}

// shrink removes caches until so many bytes are freed.
func (e *Engine) shrink(caches []cached, bytes int64) error {
	var errs []error
	for _, c := range caches {
		if bytes > 0 && c.size > 0 {
			errs = append(errs, e.removeCache(c))
			bytes -= c.size
		}
	}
	return errors.Join(errs...)
}

// removedSuffix marks a cache that is being removed.
const removedSuffix = ".removed"

// removeCache removes a cache unless a build is using it. A build that comes meanwhile
// makes its cache anew.
func (e *Engine) removeCache(c cached) error {
	gone := strings.TrimSuffix(c.dir, removedSuffix) + removedSuffix
	err := tree.RemoveAll(gone)
	if err == nil && gone != c.dir && e.setAside(c, gone) {
		err = tree.RemoveAll(gone)
	}
	if err != nil {
		return fmt.Errorf("remove the cache of a site: %w", err)
	}
	return nil
}

// setAside gives a cache another name, and reports whether it did: not under a build.
func (e *Engine) setAside(c cached, to string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.hasBuild(c.site) && os.Rename(c.dir, to) == nil
}

// keepLogs removes the oldest lines beyond the budget of all logs.
func (e *Engine) keepLogs(ctx context.Context) error {
	if _, err := e.supervisor.TrimLogs(ctx, e.options.LogBudget); err != nil {
		return fmt.Errorf("keep the logs within their budget: %w", err)
	}
	return nil
}

// DropLogs implements app.Disk.
func (e *Engine) DropLogs(ctx context.Context, bytes int64) error {
	return logfile.Shrink(ctx, e.supervisor.TrimLogs, bytes)
}
