package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

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
	segment
	log  app.LogName
	last bool // of its log
}

// pieces lists all segments, the one that was written to first at the front.
func (s *Store) pieces() ([]piece, error) {
	found, err := s.below("")
	var all []piece
	for name, segments := range found {
		for i, one := range segments {
			all = append(all, piece{log: name, segment: one, last: i == len(segments)-1})
		}
	}
	slices.SortFunc(all, func(a, b piece) int { return a.written.Compare(b.written) })
	return all, err
}

// below finds the segments of a log, or of all, and of those below it.
func (s *Store) below(root app.LogName) (map[app.LogName][]segment, error) {
	found := map[app.LogName][]segment{}
	err := filepath.WalkDir(s.path(root), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone meanwhile, or nothing was ever written
		}
		if err != nil || !entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(s.dir, path)
		name := app.LogName(filepath.ToSlash(rel))
		if err != nil || CheckName(name) != nil {
			return err // none of ours
		}
		segments, err := listSegments(path)
		if len(segments) > 0 {
			found[name] = segments
		}
		return err
	})
	if err != nil {
		return found, fmt.Errorf("list the logs: %w", err)
	}
	return found, nil
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
		l.prune()
	}
	return size, nil
}
