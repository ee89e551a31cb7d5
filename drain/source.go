package drain

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gondor/app"
)

// source reads one log for one drain. It is as far as its reader lets it: what it has read
// waits until the pump takes it.
type source struct {
	pump  *pump
	log   app.InstanceLog
	at    app.Cursor // of the last line that was handed over
	known bool       // at is not for this source to find out

	ended  atomic.Bool     // what writes the log has ended: when the log is closed, that is all
	follow context.Context // ends when nothing more is waited for
	finish func()
}

func newSource(p *pump, log app.InstanceLog, at app.Cursor, known bool) *source {
	s := &source{pump: p, log: log, at: at, known: known}
	s.follow, s.finish = context.WithCancel(context.Background())
	return s
}

// run hands over lines until the log is over or ctx ends.
func (s *source) run(ctx context.Context) {
	defer s.finish()
	defer context.AfterFunc(ctx, s.finish)()
	for ctx.Err() == nil {
		last := s.follow.Err() != nil
		err := s.read(ctx, !last)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && (last || s.ended.Load()):
			s.hand(ctx, item{log: s.log.Name, at: s.at, end: true})
			return
		case err != nil && (last || s.follow.Err() == nil):
			s.pump.log.Warn("read a log for a drain", "log", s.log.Name, "error", err)
		}
		if last || s.follow.Err() == nil {
			rest(ctx, s.pump.options.Timing.First)
		}
	}
}

// rest keeps a log that can't be read, or that is closed while its writer goes on, from
// being read all the time.
func rest(ctx context.Context, pause time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

// read hands over the lines behind the present place, and with follow those that come.
func (s *source) read(ctx context.Context, follow bool) error {
	if err := s.find(ctx); err != nil {
		return err
	}
	if follow {
		ctx = s.follow
	}
	for line, err := range s.pump.options.Logs.Lines(ctx, app.LogQuery{Log: s.log.Name, After: s.at, Follow: follow}) {
		if err != nil {
			return err
		}
		if err := s.tell(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

// find makes sure of the place. That of a new drain is where the log was when the drain was
// made; that in a log which was begun anew is its beginning.
func (s *source) find(ctx context.Context) error {
	query := app.LogQuery{Log: s.log.Name, Last: 1}
	if !s.known {
		query.Until = s.pump.work.Created
	}
	var last app.Cursor
	for line, err := range s.pump.options.Logs.Lines(ctx, query) {
		if err != nil {
			return err
		}
		last = line.Cursor
	}
	switch {
	case !s.known:
		s.at, s.known = last, true
		return s.hand(ctx, item{log: s.log.Name, at: last})
	case last > 0 && last < s.at:
		s.at = 0
	}
	return nil
}

// tell hands over a line, behind a word about those that are missing before it.
func (s *source) tell(ctx context.Context, line app.LogLine) error {
	missing, err := s.missing(ctx, line)
	if err != nil {
		return err
	}
	if missing > 0 {
		if err := s.hand(ctx, s.gap(line, missing)); err != nil {
			return err
		}
	}
	text := s.pump.sender.form(nil, s.lineOf(line))
	if err := s.hand(ctx, item{log: s.log.Name, at: line.Cursor, text: text, time: line.Time}); err != nil {
		return err
	}
	s.at = line.Cursor
	return nil
}

// missing is how many lines left the log between the present place and the line. Cursors
// that no line ever had are no loss: the log has lines before them still.
func (s *source) missing(ctx context.Context, line app.LogLine) (uint64, error) {
	if line.Cursor <= s.at+1 {
		return 0, nil
	}
	for oldest, err := range s.pump.options.Logs.Lines(ctx, app.LogQuery{Log: s.log.Name}) {
		if err != nil {
			return 0, err
		}
		if first := min(oldest.Cursor, line.Cursor); first > s.at+1 {
			return uint64(first - s.at - 1), nil
		}
		return 0, nil
	}
	return uint64(line.Cursor - s.at - 1), nil
}

// gap is a line of Gondor's own about the lines that are missing.
func (s *source) gap(before app.LogLine, missing uint64) item {
	l := s.lineOf(app.LogLine{Time: before.Time, Stream: app.Gondor})
	l.id = fmt.Sprintf("%s:%d-%d", s.log.Name, s.at+1, uint64(s.at)+missing)
	l.text = fmt.Sprintf("%d lines are missing here: they left the log before %s could take them.", missing, s.pump.work.URL.Host)
	return item{log: s.log.Name, at: s.at + app.Cursor(missing), text: s.pump.sender.form(nil, l), time: before.Time, lost: missing}
}

var errStopped = errors.New("the drain has ended")

// hand gives an item to the pump, when that has a place for it.
func (s *source) hand(ctx context.Context, one item) error {
	select {
	case <-ctx.Done():
		return errStopped
	case s.pump.items <- one:
		return nil
	}
}
