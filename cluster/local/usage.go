package local

import (
	"context"
	"os"
	"path/filepath"

	"gondor/app"
	"gondor/cluster/logfile"
	"gondor/cluster/tree"
)

// Parts measures what the engine keeps; see app.Disk. Files that an artifact shares with
// its site's cache count for the artifact.
func (e *Engine) Parts(ctx context.Context) ([]app.DiskPart, error) {
	logs, err := e.supervisor.LogUse()
	if err != nil {
		return nil, err
	}
	meter := new(tree.Meter)
	parts := []app.DiskPart{
		measure(ctx, meter, app.DiskArtifacts, e.layout.artifacts()),
		measure(ctx, meter, app.DiskCaches, e.layout.caches()),
		logfile.Part(logs, e.options.LogBudget),
		measure(ctx, meter, app.DiskSiteData, filepath.Join(e.layout.dir, "data"), filepath.Join(e.layout.dir, "home"), filepath.Join(e.layout.dir, "tmp")),
	}
	parts[1].Budget = e.options.CacheBudget
	return parts, ctx.Err()
}

// measure adds up directories, whose entries are named by their owners.
func measure(ctx context.Context, meter *tree.Meter, kind app.DiskKind, dirs ...string) app.DiskPart {
	part := app.DiskPart{Kind: kind, Owners: map[string]int64{}}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // nobody has made it yet
		}
		for _, entry := range entries {
			size := meter.Usage(ctx, filepath.Join(dir, entry.Name()))
			part.Used += size
			part.Owners[entry.Name()] += size
		}
	}
	return part
}
