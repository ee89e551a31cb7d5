package drain

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"

	"gondor/app"
)

// sender brings batches to one far end. It is used by one goroutine, but for form.
type sender interface {
	// form appends a line to a batch as the far end is told it. It is safe for concurrent
	// use.
	form(to []byte, l line) []byte
	// send returns when the far end has taken the batch, as far as that can be known. Errors
	// are sentences for people without their full stop, and hold no secrets; a failure among
	// them may say when to try again.
	send(ctx context.Context, batch []byte) error
	close()
}

func newSender(work app.DrainWork, o Options) sender {
	switch work.URL.Scheme {
	case app.DrainSyslog, app.DrainSyslogTLS:
		return newStreamSender(work.URL, o)
	}
	return newPoster(work.URL, o)
}

// failure is why a batch was not taken.
type failure struct {
	text  string
	slow  bool          // trying again soon helps nobody
	large bool          // it was too much at once
	wait  time.Duration // the far end asks to be left alone for so long
}

// Error returns the sentence.
func (f *failure) Error() string { return f.text }

// mostWait is for how long a far end may ask to be left alone.
const mostWait = time.Hour

// pause is how long to wait before the next attempt, the first of which is 0: twice as long
// each time, and a quarter more at most, so that not all come at once.
func (t Timing) pause(attempt int, err error) time.Duration {
	pause := t.Most
	if attempt < 16 {
		pause = min(t.First<<attempt, t.Most)
	}
	if f, ok := err.(*failure); ok {
		if f.slow {
			pause = t.Most
		}
		pause = max(pause, min(f.wait, mostWait))
	}
	return pause + rand.N(pause/4+1)
}

// dialer makes connections to far ends, which a site's people choose.
func dialer(patience time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: patience, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if err := app.CheckFarAddress(at.Addr()); err != nil {
			return &failure{text: err.Error(), slow: true}
		}
		return nil
	}}
}
