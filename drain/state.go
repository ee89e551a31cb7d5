package drain

import (
	"fmt"
	"sync"
	"time"

	"gondor/app"
)

// state is how a drain stands. It is safe for concurrent use.
type state struct {
	mu     sync.Mutex
	now    app.DrainState
	oldest time.Time // of the lines that are being sent; zero: none are
	next   time.Time // when what failed is tried again
}

func newState(p *place) *state {
	return &state{now: app.DrainState{Sent: p.Sent, Lost: p.Lost, Success: p.Success}}
}

// begin says that a batch is being sent.
func (s *state) begin(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oldest = b.oldest
}

// fails keeps why a batch was not taken, and reports whether that is new.
func (s *state) fails(why string, now time.Time, pause time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.now.Failing.IsZero()
	if first {
		s.now.Failing = now
	}
	s.now.Failure, s.next = why, now.Add(pause)
	return first
}

// taken counts a batch that the far end has taken. It returns since when that failed, if it
// did.
func (s *state) taken(b *batch, now time.Time) (since time.Time, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since = s.now.Failing
	s.now.Sent += b.lines
	s.now.Lost += b.lost
	s.now.Success, s.now.Failure, s.now.Failing, s.oldest = now, "", time.Time{}, time.Time{}
	return since, !since.IsZero()
}

// counted is the state without words.
func (s *state) counted() app.DrainState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// tell is the state in words of now.
func (s *state) tell(now time.Time) app.DrainState {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.now
	if !s.oldest.IsZero() {
		told.Behind = max(0, now.Sub(s.oldest))
	}
	if told.Failure != "" {
		told.Failure += "; " + inWords(s.next.Sub(now))
	}
	return told
}

func inWords(pause time.Duration) string {
	if seconds := int(pause.Round(time.Second) / time.Second); seconds > 0 {
		return fmt.Sprintf("tried again in %d s", seconds)
	}
	return "tried again now"
}
