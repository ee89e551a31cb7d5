package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gondor/app"
)

// reader goes through one log. It holds the file that it reads, so that a segment which
// leaves the budget meanwhile can be read to its end.
type reader struct {
	scan
	log     *log
	started bool       // there is a present segment
	first   app.Cursor // of the present segment
	ends    int        // how often the log had ended when reading began
	closed  bool       // it was closed when reading began
}

// read returns a reader of what a query asks for. That the query wants the last lines alone
// is heeded when it wants any; else see lastOf.
func (l *log) read(q app.LogQuery) (*reader, error) {
	wanted, err := newFilter(q)
	if err != nil {
		return nil, err
	}
	after, last := q.After, q.Last
	if wanted.chooses() {
		last = 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.load(); err != nil {
		return nil, err
	}
	end := l.next - 1
	if l.closed {
		end-- // the closing record is no line
	}
	if last > 0 && end > app.Cursor(last) {
		after = max(after, end-app.Cursor(last))
	}
	after = min(after, l.next-1) // a loss of power may have taken what was read
	return &reader{log: l, scan: scan{after: after, wanted: wanted}, ends: l.ends, closed: l.closed}, nil
}

// next returns the next lines, waiting for them when follow is set. None, and no error,
// at the end.
func (r *reader) next(ctx context.Context, follow bool) ([]app.LogLine, error) {
	for {
		lines, end, err := r.some()
		if err != nil || len(lines) > 0 {
			return lines, err
		}
		if end == nil && ctx.Err() == nil {
			continue
		}
		if !follow || r.closed {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end:
		}
	}
}

// some reads a piece of a segment. At the end of the log it returns a channel that is
// closed when there may be more, and notes whether the log was closed meanwhile.
func (r *reader) some() ([]app.LogLine, <-chan struct{}, error) {
	r.log.mu.Lock()
	s, found := r.position()
	if !found {
		r.closed = r.closed || r.log.ends != r.ends
		if r.log.changed == nil {
			r.log.changed = make(chan struct{})
		}
		end := r.log.changed
		r.log.mu.Unlock()
		return nil, end, nil
	}
	r.log.mu.Unlock()
	if err := r.enter(s); err != nil {
		return nil, nil, err
	}
	lines, err := r.lines(s.size)
	return lines, nil, err
}

// position finds the segment that has something to read.
func (r *reader) position() (segment, bool) {
	if !r.started {
		return r.beginning()
	}
	if s, err := r.present(); err == nil && r.offset < s.size {
		return s, true
	}
	for _, s := range r.log.segments {
		if s.first > r.first && s.size > 0 {
			return s, true
		}
	}
	return segment{}, false
}

// beginning is the last segment that can hold the first line, or the oldest that holds
// any: a full disk leaves empty ones.
func (r *reader) beginning() (segment, bool) {
	var at segment
	for _, s := range r.log.segments {
		if s.size > 0 && (at.size == 0 || s.first <= r.after+1) {
			at = s
		}
	}
	return at, at.size > 0
}

// present is the segment that is being read, at its size of now.
func (r *reader) present() (segment, error) {
	for _, s := range r.log.segments {
		if s.first == r.first {
			return s, nil
		}
	}
	info, err := r.file.Stat() // it left the log: nothing is written to it any more
	if err != nil {
		return segment{}, err
	}
	return segment{first: r.first, size: info.Size()}, nil
}

// enter opens the segment unless it is the present one.
func (r *reader) enter(s segment) error {
	if r.started && r.first == s.first {
		return nil
	}
	r.leave()
	r.started, r.first, r.offset = true, s.first, 0
	f, err := os.Open(s.path(r.log.dir))
	if errors.Is(err, fs.ErrNotExist) {
		r.offset = s.size // it left the log this moment: pass over it
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	r.file = f
	return nil
}

func (r *reader) leave() {
	if r.file != nil {
		_ = r.file.Close() // only read
		r.file = nil
	}
}
