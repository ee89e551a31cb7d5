package logfile

import (
	"context"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gondor/app"
)

// Limits say how many bytes are kept. The oldest segments go first.
type Limits struct {
	Instance int64 // of all logs below instance/ID together
	Log      int64 // of any other log
	Segment  int64 // of one segment; the record that crosses it is its last
}

// DefaultLimits are 256 MB for an instance, 16 MB for other logs, and segments of 2 MB.
func DefaultLimits() Limits {
	return Limits{Instance: 256 << 20, Log: 16 << 20, Segment: 2 << 20}
}

// idleBudgets is how many budgets none of whose logs is used stay known, so that a caller who
// appends line by line does not have its log examined each time.
const idleBudgets = 32

// Store keeps the logs below one directory. It is safe for concurrent use.
type Store struct {
	Log *slog.Logger // is told what fails behind a write that succeeded; nil: slog.Default()

	dir    string
	limits Limits
	syncer *syncer

	mu      sync.Mutex
	budgets map[app.LogName]*budget
	idle    []app.LogName // roots that were unused at some time, oldest first
}

// NewStore returns the store of a directory, which is made when something is written.
func NewStore(dir string, limits Limits) *Store {
	s := &Store{dir: dir, limits: limits, budgets: map[app.LogName]*budget{}}
	s.syncer = newSyncer(s.warn)
	return s
}

func (s *Store) warn(err error) {
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	log.Warn("keep logs", "error", err)
}

// path is the directory of a log.
func (s *Store) path(name app.LogName) string {
	return filepath.Join(s.dir, filepath.FromSlash(string(name)))
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
	name app.LogName
	log  *log
}

// Writer opens a log. Nothing is written before the first line.
func (s *Store) Writer(name app.LogName) (*Writer, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	root, _ := rootOf(name)
	b := s.budgets[root]
	if b == nil {
		b = newBudget(s, name)
		s.budgets[root] = b
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.log(name)
	b.users++
	l.users++
	return &Writer{name: name, log: l}, nil
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
	b := w.log.budget
	s := b.store
	s.mu.Lock()
	defer s.mu.Unlock()
	b.release(w)
	if b.users > 0 || slices.Contains(s.idle, b.root) {
		return
	}
	s.idle = append(s.idle, b.root)
	for len(s.idle) > idleBudgets {
		s.forget(s.idle[0])
		s.idle = s.idle[1:]
	}
}

func (b *budget) release(w *Writer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users--
	w.log.users--
	if w.log.users == 0 {
		w.log.rest()
		b.forget(w.name, w.log)
	}
}

// forget lets go of a budget unless one of its logs is in use again.
func (s *Store) forget(root app.LogName) {
	if b := s.budgets[root]; b != nil && b.users == 0 {
		delete(s.budgets, root)
	}
}

// Shut closes all files, when what was written is on the disk. Nothing may be written any
// more.
func (s *Store) Shut() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.budgets {
		b.rest()
	}
	return s.syncer.sync()
}

// rest lets go of the files of all logs.
func (b *budget) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.logs {
		l.rest()
	}
}
