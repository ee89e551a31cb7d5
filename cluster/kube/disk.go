package kube

import (
	"context"

	"gondor/app"
	"gondor/cluster/kube/registry"
	"gondor/cluster/kube/registry/token"
	"gondor/cluster/logfile"
)

// Parts measures what the engine keeps on Gondor's own disk, and asks Gondor's own registry
// what it keeps on its; see app.Disk. A registry that can't be reached is left out.
func (e *Engine) Parts(ctx context.Context) ([]app.DiskPart, error) {
	use, err := e.options.Logs.Use()
	parts := []app.DiskPart{logfile.Part(use, e.options.LogBudget)}
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
	return logfile.Shrink(ctx, e.options.Logs.Trim, bytes)
}
