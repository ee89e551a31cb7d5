package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gondor/app"
)

// Use returns the bytes that each log has, those of logs that are not in use included. A
// log that goes meanwhile may be left out.
func (s *Store) Use() (map[app.LogName]int64, error) {
	pieces, err := s.pieces()
	use := map[app.LogName]int64{}
	for _, p := range pieces {
		use[p.log] += p.size
	}
	return use, err
}

// Trim removes the oldest segments of all logs until they have no more bytes together,
// and returns how many they have then: at first those behind which their log goes on, then
// whole logs that are closed. What is left may be more, for a log that is written to keeps
// its last segment. It ends early with ctx's error.
func (s *Store) Trim(ctx context.Context, most int64) (int64, error) {
	pieces, err := s.pieces()
	var total int64
	for _, p := range pieces {
		total += p.size
	}
	for _, last := range []bool{false, true} {
		for _, p := range pieces {
			if err != nil || total <= most {
				return total, err
			}
			if p.last != last {
				continue
			}
			var freed int64
			freed, err = s.removePiece(p)
			total, err = total-freed, errors.Join(err, ctx.Err())
		}
	}
	return total, err
}

// piece is a segment of one of all logs.
type piece struct {
	log     app.LogName
	first   app.Cursor
	size    int64
	written time.Time
	last    bool // of its log
}

// pieces lists all segments, the one that was written to first at the front.
func (s *Store) pieces() ([]piece, error) {
	var all []piece
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone meanwhile, or nothing was ever written
		}
		if err != nil || !entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(s.dir, path)
		if err != nil || CheckName(app.LogName(filepath.ToSlash(name))) != nil {
			return err // none of ours
		}
		segments, err := listSegments(path)
		for i, one := range segments {
			p := piece{log: app.LogName(filepath.ToSlash(name)), first: one.first, size: one.size, last: i == len(segments)-1}
			if info, err := os.Stat(one.path(path)); err == nil {
				p.written = info.ModTime()
			}
			all = append(all, p)
		}
		return err
	})
	slices.SortStableFunc(all, func(a, b piece) int { return a.written.Compare(b.written) })
	if err != nil {
		return all, fmt.Errorf("list the logs: %w", err)
	}
	return all, nil
}

// removePiece removes a segment if it is its log's oldest, and for the last one, if the log
// is closed. It returns how many bytes that freed.
func (s *Store) removePiece(p piece) (int64, error) {
	w, err := s.Writer(p.log)
	if err != nil {
		return 0, err
	}
	defer w.Release()
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.load(); err != nil {
		return 0, err
	}
	switch {
	case len(l.segments) == 0 || l.segments[0].first != p.first:
		return 0, nil // it has changed since
	case len(l.segments) == 1 && !l.closed:
		return 0, nil
	}
	size := l.segments[0].size
	if err := l.shed(); err != nil {
		return 0, err
	}
	if len(l.segments) == 0 {
		_ = os.Remove(l.dir) // stays when there are logs below
	}
	return size, nil
}
