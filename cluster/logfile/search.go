package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"gondor/app"
)

// searchers is how many segments are searched at once, at most.
const searchers = 4

// lastOf returns the last count lines that are wanted, and passes to the end. It begins with
// the newest segments and stops where it has enough.
func (r *reader) lastOf(ctx context.Context, count int) ([]app.LogLine, error) {
	r.log.mu.Lock()
	segments := slices.Clone(r.log.segments)
	r.log.mu.Unlock()
	var kept []app.LogLine
	for end := len(segments); end > 0 && len(kept) < count && !r.passed(segments, end); {
		begin := max(0, end-min(searchers, runtime.GOMAXPROCS(0)))
		found, err := r.search(ctx, segments[begin:end], count)
		if err != nil {
			return nil, err
		}
		kept, end = append(found, kept...), begin
	}
	return kept[max(0, len(kept)-count):], r.pass(segments)
}

// passed reports whether no segment before this place has anything behind the cursor.
func (r *reader) passed(segments []segment, end int) bool {
	return end < len(segments) && segments[end].first <= r.after+1
}

// search returns the last count lines of some segments that are wanted.
func (r *reader) search(ctx context.Context, segments []segment, count int) ([]app.LogLine, error) {
	found := make([][]app.LogLine, len(segments))
	group, ctx := errgroup.WithContext(ctx)
	for i, s := range segments {
		group.Go(func() (err error) {
			found[i], err = r.lastIn(ctx, s, count)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

// lastIn returns the last count lines of a segment that are wanted, none when it has left the
// log meanwhile.
func (r *reader) lastIn(ctx context.Context, s segment, count int) ([]app.LogLine, error) {
	f, err := os.Open(s.path(r.log.dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	one := scan{file: f, after: r.after, wanted: r.wanted.another()}
	var kept []app.LogLine
	for one.offset < s.size {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lines, err := one.lines(s.size)
		if err != nil {
			return nil, err
		}
		kept = append(kept, lines...)
		if len(kept) > 2*count+1000 { // now and then, so that each line is moved seldom
			kept = slices.Clone(kept[len(kept)-count:])
		}
	}
	return kept[max(0, len(kept)-count):], nil
}

// pass goes on behind what was searched.
func (r *reader) pass(segments []segment) error {
	if len(segments) == 0 {
		return nil
	}
	last := segments[len(segments)-1]
	if err := r.enter(last); err != nil {
		return err
	}
	r.offset = last.size
	return nil
}
