package logfile

import (
	"strings"
	"sync"

	"gondor/app"
)

// budget is what the logs of one instance may have together, or any other log by itself.
// Its lock guards all of them: so each knows at any moment what the others have, and the
// oldest segment can go whoever's it is.
type budget struct {
	mu     sync.Mutex
	store  *Store
	root   app.LogName // above its logs, or its only log
	most   int64
	used   int64
	loaded bool
	logs   map[app.LogName]*log // that are in use or have segments
	users  int                  // guarded by the store
}

// rootOf is the part of a name that logs with one budget share.
func rootOf(name app.LogName) (root app.LogName, shared bool) {
	parts := strings.SplitN(string(name), "/", 3)
	if len(parts) < 3 || parts[0] != "instance" {
		return name, false
	}
	return app.LogName(parts[0] + "/" + parts[1]), true
}

func newBudget(s *Store, name app.LogName) *budget {
	b := &budget{store: s, most: s.limits.Log, logs: map[app.LogName]*log{}}
	root, shared := rootOf(name)
	if shared {
		b.most = s.limits.Instance
	}
	b.root = root
	return b
}

// log returns one of its logs. The lock is held.
func (b *budget) log(name app.LogName) *log {
	if b.logs[name] == nil {
		b.logs[name] = &log{budget: b, dir: b.store.path(name)}
	}
	return b.logs[name]
}

// load finds what an earlier process left, of all logs.
func (b *budget) load() error {
	if b.loaded {
		return nil
	}
	found, err := b.store.below(b.root)
	if err != nil {
		return err
	}
	for name, segments := range found {
		if root, _ := rootOf(name); root != b.root {
			continue // below a log that has a budget of its own
		}
		b.log(name).segments = segments
		for _, s := range segments {
			b.used += s.size
		}
	}
	b.loaded = true
	return nil
}

// room removes the oldest segments until so many bytes more are within the budget.
func (b *budget) room(bytes int64, writing *log) error {
	for b.used+bytes > b.most {
		l := b.oldest(writing)
		if l == nil {
			return nil // less than one segment and what is written now
		}
		if err := l.shed(); err != nil {
			return err
		}
	}
	return nil
}

// oldest is the log whose first segment goes first: the oldest of those behind which their
// log goes on or has ended. The last segment of a log that goes on stays as long as there are
// others, so that who writes seldom is not silenced by who writes much.
func (b *budget) oldest(writing *log) *log {
	var ended, going *log
	for _, l := range b.logs {
		switch {
		case len(l.segments) == 0 || l == writing && len(l.segments) == 1:
		case len(l.segments) > 1 || l.hasEnded():
			ended = l.older(ended)
		default:
			going = l.older(going)
		}
	}
	if ended != nil {
		return ended
	}
	return going
}

// older is the one of two logs whose first segment was written to first; none is younger
// than any.
func (l *log) older(than *log) *log {
	if than == nil || l.segments[0].written.Before(than.segments[0].written) {
		return l
	}
	return than
}

// hasEnded reports whether the log is closed. One that can't be read has ended too.
func (l *log) hasEnded() bool { return l.load() != nil || l.closed }

// forget lets go of a log that nobody uses and that has nothing.
func (b *budget) forget(name app.LogName, l *log) {
	if l.users == 0 && len(l.segments) == 0 {
		delete(b.logs, name)
	}
}
