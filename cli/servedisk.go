package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gondor/app"
	"gondor/cluster"
	"gondor/cluster/tree"
)

// disk is app.Disk over the data directory of a server.
type disk struct {
	data   string
	budget app.DiskBudget
	local  bool // artifacts are in the data directory
	engine cluster.Engine
}

// budgetShare is the part of its file system that Gondor may keep when nobody says how
// much.
const budgetShare = 0.8

// budgetFor is the budget of a data directory: as asked for, or a share of its file system.
func budgetFor(data string, asked int64) (app.DiskBudget, error) {
	if asked > 0 {
		return app.DiskBudget(asked), nil
	}
	space, err := spaceOf(data)
	return app.DiskBudget(float64(space.Total) * budgetShare), err
}

// spaceOf is how the file system of a directory stands. A twentieth of it, and no more than
// 1 GB, is its reserve: for logs, and for what sites write themselves.
func spaceOf(dir string) (app.DiskSpace, error) {
	total, free, err := tree.Space(dir)
	return app.DiskSpace{Total: total, Free: free, Reserve: min(total/20, 1<<30)}, err
}

// Space implements app.Disk.
func (d *disk) Space(context.Context) (app.DiskSpace, error) {
	space, err := spaceOf(d.data)
	space.Budget, space.Artifacts = int64(d.budget), d.local
	return space, err
}

// DropCaches implements app.Disk.
func (d *disk) DropCaches(ctx context.Context, bytes int64) error {
	return d.engine.DropCaches(ctx, bytes)
}

// DropLogs implements app.Disk.
func (d *disk) DropLogs(ctx context.Context, bytes int64) error {
	return d.engine.DropLogs(ctx, bytes)
}

// Parts implements app.Disk. What in the data directory is none of Gondor's is shown with
// its name.
func (d *disk) Parts(ctx context.Context) ([]app.DiskPart, error) {
	parts, err := d.engine.Parts(ctx)
	if err != nil {
		return nil, fmt.Errorf("measure what the engine keeps: %w", err)
	}
	for i, part := range parts {
		if part.Kind == app.DiskArtifacts {
			parts[i].Budget = d.budget.Artifacts()
		}
	}
	own := []app.DiskPart{{Kind: app.DiskStore}, {Kind: app.DiskSources}, {Kind: app.DiskAccessLog, Budget: d.budget.AccessLog()}}
	other := app.DiskPart{Kind: app.DiskOther, Owners: map[string]int64{}}
	entries, err := os.ReadDir(d.data)
	if err != nil {
		return nil, fmt.Errorf("list the data directory: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == "engine" || entry.Name() == "logs" {
			continue // the engine has told of them
		}
		size := sizeOf(ctx, filepath.Join(d.data, entry.Name()))
		switch name := entry.Name(); {
		case name == "store" || name == "drains" || strings.HasPrefix(name, "gondor.key"):
			own[0].Used += size
		case name == "sources":
			own[1].Used += size
		case strings.HasPrefix(name, accessLogName):
			own[2].Used += size
		default:
			other.Used += size
			other.Owners[name] = size
		}
	}
	return append(append(own, parts...), other), ctx.Err()
}

// sizeOf is what a file or a directory takes on disk; 0 when it has gone.
func sizeOf(ctx context.Context, path string) int64 {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return 0
	case info.IsDir():
		return tree.Usage(ctx, path)
	}
	return info.Size()
}
