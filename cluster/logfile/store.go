package logfile

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gondor/app"
)

// Limits are the budget of each log, in bytes.
type Limits struct {
	Budget  int64 // of all segments; the oldest go first
	Segment int64 // of one segment; the record that crosses it is its last
}

// DefaultLimits are 16 MB in segments of 2 MB.
func DefaultLimits() Limits { return Limits{Budget: 16 << 20, Segment: 2 << 20} }

// idleLogs is how many logs that nobody uses stay open, so that a caller who appends line
// by line does not have them examined each time.
const idleLogs = 32

// Store keeps the logs below one directory. It is safe for concurrent use.
type Store struct {
	dir    string
	limits Limits

	mu   sync.Mutex
	logs map[app.LogName]*log
	idle []app.LogName // were unused at some time, oldest first
}

// NewStore returns the store of a directory, which is made when something is written.
func NewStore(dir string, limits Limits) *Store {
	return &Store{dir: dir, limits: limits, logs: map[app.LogName]*log{}}
}

// Append writes the lines of a text as lines of app.Gondor. A log that was closed is
// open again.
func (s *Store) Append(name app.LogName, text string) error {
	w, err := s.Writer(name)
	if err != nil {
		return err
	}
	defer w.Release()
	var split Splitter
	var lines []app.LogLine
	split.Add([]byte(strings.TrimSuffix(text, "\n")+"\n"), func(line string) {
		lines = append(lines, app.LogLine{Stream: app.Gondor, Text: line})
	})
	return w.Append(lines...)
}

// Write writes lines as they are, in that order, with the cursors that are next; a line
// without a Time is written now. A log that was closed is open again. A kill may leave the
// first of the lines.
func (s *Store) Write(name app.LogName, lines ...app.LogLine) error {
	w, err := s.Writer(name)
	if err != nil {
		return err
	}
	defer w.Release()
	return w.Append(lines...)
}

// Close ends who follows the log, when they have read it to the end. A log that nobody
// has written to is closed too.
func (s *Store) Close(name app.LogName) error {
	w, err := s.Writer(name)
	if err != nil {
		return err
	}
	defer w.Release()
	return w.log.close(time.Now())
}

// Drop removes the log and ends who follows it. No error when there is none.
func (s *Store) Drop(name app.LogName) error {
	w, err := s.Writer(name)
	if err != nil {
		return err
	}
	defer w.Release()
	return w.log.drop()
}

// Lines yields the lines of a log in order, up to the end or, with Follow, until it is
// closed, dropped, or ctx ends, whose error is then yielded. Nothing is waited for by
// polling, and no writer waits for a reader.
func (s *Store) Lines(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
	return func(yield func(app.LogLine, error) bool) {
		for lines, err := range s.Batches(ctx, q) {
			for _, line := range lines {
				if !yield(line, nil) {
					return
				}
			}
			if err != nil {
				yield(app.LogLine{}, err)
				return
			}
		}
	}
}

// Batches yields what Lines does, as many lines at once as are at hand, at most 64 KB.
func (s *Store) Batches(ctx context.Context, q app.LogQuery) iter.Seq2[[]app.LogLine, error] {
	return func(yield func([]app.LogLine, error) bool) {
		w, err := s.Writer(q.Log)
		if err != nil {
			yield(nil, err)
			return
		}
		defer w.Release()
		r, err := w.log.read(q)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.leave()
		if q.Last > 0 && r.wanted.chooses() {
			if lines, err := r.lastOf(ctx, q.Last); !yield(lines, err) || err != nil {
				return
			}
		}
		for {
			lines, err := r.next(ctx, q.Follow)
			if (len(lines) == 0 && err == nil) || !yield(lines, err) || err != nil {
				return
			}
		}
	}
}

// Writer writes to one log; it must be released. It is safe for concurrent use.
type Writer struct {
	store *Store
	name  app.LogName
	log   *log
}

// Writer opens a log. Nothing is written before the first line.
func (s *Store) Writer(name app.LogName) (*Writer, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logs[name]
	if l == nil {
		l = &log{dir: filepath.Join(s.dir, filepath.FromSlash(string(name))), limits: s.limits}
		s.logs[name] = l
	}
	l.users++
	return &Writer{store: s, name: name, log: l}, nil
}

// Append writes lines with the cursors that are next; a line without a Time is written
// now.
func (w *Writer) Append(lines ...app.LogLine) error {
	if len(lines) == 0 {
		return nil
	}
	return w.log.append(time.Now(), lines...)
}

// Release gives the log back.
func (w *Writer) Release() {
	s := w.store
	s.mu.Lock()
	defer s.mu.Unlock()
	w.log.users--
	if w.log.users > 0 || slices.Contains(s.idle, w.name) {
		return
	}
	s.idle = append(s.idle, w.name)
	for len(s.idle) > idleLogs {
		s.forget(s.idle[0])
		s.idle = s.idle[1:]
	}
}

// forget closes a log unless it is in use again.
func (s *Store) forget(name app.LogName) {
	l := s.logs[name]
	if l == nil || l.users > 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.rest() // what was written is with the system already
	delete(s.logs, name)
}

// Shut closes all files. Nothing may be written any more.
func (s *Store) Shut() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	for _, l := range s.logs {
		l.mu.Lock()
		failed = errors.Join(failed, l.rest())
		l.mu.Unlock()
	}
	return failed
}
