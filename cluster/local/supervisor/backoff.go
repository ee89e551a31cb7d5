package supervisor

import "time"

// pace says how fast processes that end by themselves are started again.
type pace struct {
	first time.Duration // the wait after the second end
	limit time.Duration // the longest wait
	reset time.Duration // who has lived so long is started at once again
}

func defaultPace() pace {
	return pace{first: time.Second, limit: time.Minute, reset: time.Minute}
}

// backoff counts one process's ends.
type backoff struct {
	pace  pace
	delay time.Duration // before the next start
}

// next returns how long to wait after a program that lived so long.
func (b *backoff) next(lived time.Duration) time.Duration {
	if lived >= b.pace.reset {
		b.delay = 0
	}
	delay := b.delay
	b.delay = min(max(b.pace.first, 2*delay), b.pace.limit)
	return delay
}
