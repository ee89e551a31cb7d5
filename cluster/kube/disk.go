package kube

import (
	"context"
	"fmt"
	"math"

	"gondor/app"
	"gondor/cluster/kube/registry"
	"gondor/cluster/kube/registry/token"
)

// Parts measures what the engine keeps on Gondor's own disk, and asks Gondor's own registry
// what it keeps on its; see app.Disk. A registry that can't be reached is left out.
func (e *Engine) Parts(ctx context.Context) ([]app.DiskPart, error) {
	logs := app.DiskPart{Kind: app.DiskLogs, Budget: e.options.LogBudget, Owners: map[string]int64{}}
	use, err := e.options.Logs.Use()
	for name, size := range use {
		logs.Used += size
		logs.Owners[string(name)] = size
	}
	parts := []app.DiskPart{logs}
	if images, known := e.registryPart(ctx); known {
		parts = append(parts, images)
	}
	return parts, err
}

// registryPart is what Gondor's own registry keeps, if there is one that answers.
func (e *Engine) registryPart(ctx context.Context) (app.DiskPart, bool) {
	if len(e.options.Registry.Key) == 0 {
		return app.DiskPart{}, false
	}
	usage, err := registry.Measure(ctx, e.options.Registry.store(token.Admin()))
	if err != nil {
		e.log.Warn("the registry does not say what it keeps", "error", err)
		return app.DiskPart{}, false
	}
	return app.DiskPart{Kind: app.DiskRegistry, Used: usage.Used, Budget: usage.Budget}, true
}

// DropCaches implements app.Disk: caches are in the registry, which has a budget itself.
func (e *Engine) DropCaches(context.Context, int64) error { return nil }

// DropLogs implements app.Disk.
func (e *Engine) DropLogs(ctx context.Context, bytes int64) error {
	left, err := e.options.Logs.Trim(ctx, math.MaxInt64)
	if err == nil && left >= bytes {
		_, err = e.options.Logs.Trim(ctx, left-bytes)
	}
	if err != nil {
		return fmt.Errorf("drop the oldest lines of logs: %w", err)
	}
	return nil
}
