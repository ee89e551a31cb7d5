package tree

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// Usage returns the bytes that directories take on disk. A file that has several names
// among them counts once. What disappears meanwhile does not count. When ctx ends it
// returns what it has counted.
func Usage(ctx context.Context, dirs ...string) int64 {
	return new(Meter).Usage(ctx, dirs...)
}

// Meter measures trees that share files: it counts each file for the tree in which it saw
// it first. The zero value has seen none. It is not safe for concurrent use.
type Meter struct{ seen map[FileID]bool }

// Usage returns the bytes that directories take on disk besides what it has counted
// before; see the function Usage.
func (m *Meter) Usage(ctx context.Context, dirs ...string) (total int64) {
	w := walk{missed: func(error) error { return nil }}
	w.fn = func(p Place) error {
		if !m.knows(p.Info) {
			total += p.Info.OnDisk
		}
		return ctx.Err()
	}
	for _, dir := range dirs {
		_ = w.begin(dir) // it fails only with ctx
	}
	return total
}

// knows reports whether a file has been counted, by another of its names.
func (m *Meter) knows(info Info) bool {
	if info.Names < 2 || info.Mode.IsDir() {
		return false
	}
	if m.seen[info.ID] {
		return true
	}
	if m.seen == nil {
		m.seen = map[FileID]bool{}
	}
	m.seen[info.ID] = true
	return false
}

// Space returns how many bytes the file system of a directory has, and how many of them are
// free for users.
func Space(dir string) (total, free int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("look at the file system of %s: %w", dir, err)
	}
	return int64(s.Blocks) * int64(s.Bsize), int64(s.Bavail) * int64(s.Bsize), nil
}
