package app

import (
	"sync"
	"time"
)

// How often a name may be tried to sign in with.
const (
	maxAttempts    = 20 // that failed, or are under way, within attemptsWindow
	attemptsWindow = 10 * time.Minute
	maxAttempted   = 10_000 // names that are remembered at once
)

// attempts counts the sign-ins that failed, by name and whether or not a user has it.
// The zero value counts from none. It is safe for concurrent use.
type attempts struct {
	mu     sync.Mutex
	byName map[string]attempt
}

// attempt is what one name has used up of its window.
type attempt struct {
	count int
	since time.Time
}

func (t attempt) over(now time.Time) bool { return now.Sub(t.since) >= attemptsWindow }

// admit reports whether the name may be tried now, and counts the try as failed until
// succeeded says otherwise: tries that are made all at once are counted too.
func (a *attempts) admit(name string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	tried, known := a.byName[name]
	switch {
	case !known:
		a.makeRoom(now)
		tried = attempt{since: now}
	case tried.over(now):
		tried = attempt{since: now}
	case tried.count >= maxAttempts:
		return false
	}
	tried.count++
	a.byName[name] = tried
	return true
}

// succeeded takes back what the name's failures have used up.
func (a *attempts) succeeded(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byName, name)
}

// makeRoom forgets names whose window is over when there are too many, and the oldest
// one if that was not enough. Who wants to push a name out by trying others pays for
// more password checks than the name would have allowed.
func (a *attempts) makeRoom(now time.Time) {
	if a.byName == nil {
		a.byName = map[string]attempt{}
	}
	if len(a.byName) < maxAttempted {
		return
	}
	oldest := ""
	for name, tried := range a.byName {
		if tried.over(now) {
			delete(a.byName, name)
		} else if first, known := a.byName[oldest]; !known || tried.since.Before(first.since) {
			oldest = name
		}
	}
	if len(a.byName) >= maxAttempted {
		delete(a.byName, oldest)
	}
}
