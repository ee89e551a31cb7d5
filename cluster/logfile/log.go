package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gondor/app"
)

// log is one log; the lock of its budget guards it.
type log struct {
	*budget
	dir   string
	users int // guarded by the store

	examined bool
	segments []segment
	active   *os.File // the last segment, open for writing; nil when the next write opens one
	fresh    bool     // the next write begins a new segment
	next     app.Cursor
	closed   bool
	ends     int           // how often it was closed or dropped
	changed  chan struct{} // closed at the next change; nil when nobody waits
}

// load finds what an earlier process left.
func (l *log) load() error {
	if err := l.budget.load(); err != nil || l.examined {
		return err
	}
	end := ending{next: 1}
	if last := len(l.segments) - 1; last >= 0 {
		var err error
		if end, err = examine(l.dir, l.segments[last]); err != nil {
			return err
		}
	}
	l.next, l.closed, l.fresh, l.examined = end.next, end.closed, end.torn, true
	return nil
}

// append writes lines with the cursors that are next; a line without a Time is written
// now.
func (l *log) append(now time.Time, lines ...app.LogLine) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(now, lines)
}

// write puts lines into the log. On a full disk the oldest segments make room, down to
// the last: what is told now matters more than what was told first.
func (l *log) write(now time.Time, lines []app.LogLine) error {
	err := l.put(now, lines)
	for left := len(l.segments); left > 0 && errors.Is(err, syscall.ENOSPC); left-- {
		// Whoever reads it would keep the disk full of it otherwise.
		if failed := os.Truncate(l.segments[0].path(l.dir), 0); failed != nil {
			return errors.Join(err, fmt.Errorf("empty a segment: %w", failed))
		}
		if failed := l.shed(); failed != nil {
			return errors.Join(err, failed)
		}
		err = l.put(now, lines)
	}
	return err
}

func (l *log) put(now time.Time, lines []app.LogLine) error {
	if err := l.load(); err != nil {
		return err
	}
	if err := l.rotate(); err != nil {
		return err
	}
	data := l.encode(now, lines)
	if err := l.room(int64(len(data)), l); err != nil {
		return err
	}
	last := &l.segments[len(l.segments)-1]
	if _, err := l.active.Write(data); err != nil {
		l.fresh = l.active.Truncate(last.size) != nil // part of it may be there
		return fmt.Errorf("write to the log: %w", err)
	}
	l.store.syncer.wrote(l.active)
	l.next += app.Cursor(len(lines))
	last.size, last.written = last.size+int64(len(data)), now
	l.used += int64(len(data))
	l.closed = false
	l.wake()
	return nil
}

// encode makes the records of lines that are next.
func (l *log) encode(now time.Time, lines []app.LogLine) []byte {
	var data []byte
	for i, line := range lines {
		line.Cursor = l.next + app.Cursor(i)
		if line.Time.IsZero() {
			line.Time = now
		}
		data = encode(data, line)
	}
	return data
}

// close writes the record that closes the log.
func (l *log) close(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.write(now, []app.LogLine{{Stream: closing}})
	l.closed = true
	l.ends++
	l.wake()
	return err
}

// rotate makes sure that the active segment can be written to.
func (l *log) rotate() error {
	last := len(l.segments) - 1
	if last < 0 || l.fresh || l.segments[last].size >= l.store.limits.Segment {
		return l.begin()
	}
	if l.active != nil {
		return nil
	}
	return l.open(l.segments[last])
}

// begin starts a new segment.
func (l *log) begin() error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return fmt.Errorf("make the log's directory: %w", err)
	}
	l.rest()
	n := len(l.segments)
	if n > 0 && l.segments[n-1].first >= l.next {
		l.next = l.segments[n-1].first + 1
	}
	s := segment{first: l.next}
	if err := l.open(s); err != nil {
		return err
	}
	l.segments, l.fresh = append(l.segments, s), false
	return l.enrol(n == 0)
}

// enrol has the disk told the name of a new segment, and those of new directories.
func (l *log) enrol(new bool) error {
	for dir := l.dir; ; dir = filepath.Dir(dir) {
		f, err := os.Open(dir)
		if err != nil {
			return fmt.Errorf("open the log's directory: %w", err)
		}
		l.store.syncer.retire(f)
		if !new || dir == l.store.dir {
			return nil
		}
	}
}

func (l *log) open(s segment) error {
	f, err := os.OpenFile(s.path(l.dir), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	l.active = f
	return nil
}

// shed removes the oldest segment. Its cursors are not given again.
func (l *log) shed() error {
	if err := l.load(); err != nil {
		return err
	}
	oldest := l.segments[0]
	if len(l.segments) == 1 {
		l.rest()
		l.next = max(l.next, oldest.first+1)
	}
	if err := remove(oldest.path(l.dir)); err != nil {
		return err
	}
	l.segments, l.used = l.segments[1:], l.used-oldest.size
	return nil
}

// drop removes the log. Its cursors go on growing while it is in use.
func (l *log) drop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.load(); err != nil {
		return err
	}
	l.rest()
	var failed error
	for _, s := range l.segments {
		failed = errors.Join(failed, remove(s.path(l.dir)))
		l.used -= s.size
	}
	l.prune()
	l.segments, l.closed = nil, false
	l.ends++
	l.wake()
	return failed
}

// prune removes the directories that nothing is in any more, as far as they are the budget's.
func (l *log) prune() {
	for dir := l.dir; os.Remove(dir) == nil && dir != l.store.path(l.root); {
		dir = filepath.Dir(dir)
	}
}

// rest lets go of the file; the next write opens it again.
func (l *log) rest() {
	if l.active != nil {
		l.store.syncer.retire(l.active)
		l.active = nil
	}
}

// wake tells all who wait that something changed.
func (l *log) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a segment: %w", err)
	}
	return nil
}
