package logfile

import (
	"context"
	"fmt"
	"math"

	"gondor/app"
)

// Part tells of the bytes that each log has, as app.Disk does.
func Part(use map[app.LogName]int64, budget int64) app.DiskPart {
	part := app.DiskPart{Kind: app.DiskLogs, Budget: budget, Owners: map[string]int64{}}
	for name, size := range use {
		part.Used += size
		part.Owners[string(name)] = size
	}
	return part
}

// Shrink has a Trim free so many bytes; none when all that there are would not be enough.
func Shrink(ctx context.Context, trim func(ctx context.Context, most int64) (int64, error), bytes int64) error {
	left, err := trim(ctx, math.MaxInt64)
	if err == nil && left >= bytes {
		_, err = trim(ctx, left-bytes)
	}
	if err != nil {
		return fmt.Errorf("drop the oldest lines of logs: %w", err)
	}
	return nil
}
