package drain

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gondor/app"
)

func TestWhatAFarEndAnswers(t *testing.T) {
	for _, c := range []struct {
		name  string
		times int // that it answers so before it takes the batch
		reply func(http.ResponseWriter)
		told  string
	}{
		{"it is busy", 3, status(http.StatusTooManyRequests), "answers 429 Too Many Requests; tried again "},
		{"it is broken", 3, status(http.StatusBadGateway), "answers 502 Bad Gateway; tried again "},
		{"it does not like it, which may be set right there", 1, status(http.StatusUnauthorized), "answers 401 Unauthorized, as if the URL of the drain were not right"},
		{"it leads elsewhere", 1, func(w http.ResponseWriter) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, "answers 307 Temporary Redirect and leads elsewhere"},
		{"it breaks off", 2, func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "closed the connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			far := newEndpoint(t)
			var asked atomic.Int32
			told := make(chan struct{})
			far.answers(func(out http.ResponseWriter, _ []byte) bool {
				if int(asked.Add(1)) > c.times {
					<-told
					return true
				}
				c.reply(out)
				return false
			})
			far.up()
			drain := w.add(far.url())
			drains, _ := w.begin()
			w.write(1, 10)
			w.eventually("it is told", func() bool {
				failure := drains.DrainState(drain.ID).Failure
				return strings.Contains(failure, c.told) && strings.HasPrefix(failure, far.address)
			})
			close(told)
			w.eventually("it is taken in the end", func() bool { return drains.DrainState(drain.ID).Sent == 10 })
			texts, _ := far.all()
			wantLines(t, texts, 1, 10)
			if state := drains.DrainState(drain.ID); state.Failure != "" {
				t.Errorf("it stands as %+v", state)
			}
		})
	}
}

func TestAFarEndThatTakesLittleAtOnceGetsItInPieces(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	const limit = 10_000
	var refused atomic.Int32
	far.answers(func(out http.ResponseWriter, body []byte) bool {
		if len(body) <= limit {
			return true
		}
		refused.Add(1)
		out.WriteHeader(http.StatusRequestEntityTooLarge)
		return false
	})
	far.up()
	drain := w.add(far.url())
	w.write(1, 1000)
	drains, _ := w.begin()
	w.eventually("all lines are there", func() bool { return drains.DrainState(drain.ID).Sent == 1000 })
	texts, _ := far.all()
	wantLines(t, texts, 1, 1000)
	if n := refused.Load(); n < 1 || n > 10 {
		t.Errorf("it refused %d requests", n)
	}
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func TestRetryAfterIsHeeded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := &poster{now: func() time.Time { return now }}
	for _, c := range []struct {
		name, header string
		want         time.Duration
	}{
		{"seconds", "120", 2 * time.Minute},
		{"a date", "Sun, 01 Mar 2026 12:01:00 GMT", time.Minute},
		{"a date that has gone", "Sun, 01 Mar 2026 11:00:00 GMT", 0},
		{"none", "", 0},
		{"nonsense", "soon", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := p.retryAfter(c.header); got != c.want {
				t.Errorf("%q is %v, want %v", c.header, got, c.want)
			}
		})
	}
}

func TestPausesGrowAndAreNeverTheSameForAll(t *testing.T) {
	usual := Timing{}.withDefaults()
	for _, c := range []struct {
		name        string
		attempt     int
		err         error
		least, most time.Duration
	}{
		{"the first", 0, errors.New("x"), time.Second, 1250 * time.Millisecond},
		{"the third", 2, errors.New("x"), 4 * time.Second, 5 * time.Second},
		{"the longest", 100, errors.New("x"), time.Minute, 75 * time.Second},
		{"of what somebody must set right", 0, &failure{slow: true}, time.Minute, 75 * time.Second},
		{"as the far end asks", 0, &failure{wait: 10 * time.Minute}, 10 * time.Minute, 12*time.Minute + 31*time.Second},
		{"that is asked to be for ever", 0, &failure{wait: 1000 * time.Hour}, time.Hour, time.Hour + 16*time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 100 {
				if got := usual.pause(c.attempt, c.err); got < c.least || got > c.most {
					t.Fatalf("it is %v, want %v to %v", got, c.least, c.most)
				}
			}
		})
	}
}

func TestWhatCanNotBeReachedIsToldWithoutSecrets(t *testing.T) {
	w := newWorld(t)
	stranger := certified(t, w)
	w.options.Roots = nil // nobody vouches for it now
	for _, c := range []struct{ name, target, told string }{
		{"a name that there is not", "https://no-such-host.invalid/s3cr3t", "no-such-host.invalid"},
		{"a certificate that nobody vouches for", strings.Replace(stranger.URL, "https", "syslog+tls", 1), "is not to be trusted"},
		{"the same with HTTP", stranger.URL + "/s3cr3t", "is not to be trusted"},
		{"an address from which clouds tell secrets", "http://169.254.169.254/s3cr3t", "169.254.169.254 is no address that anything can be sent to"},
		{"the same with syslog", "syslog://169.254.169.254:80", "is no address that anything can be sent to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			drain := w.add(c.target)
			drains, stop := w.begin()
			defer stop()
			w.write(1, 1)
			var state app.DrainState
			w.eventually("it is told", func() bool {
				state = drains.DrainState(drain.ID)
				return state.Failure != ""
			})
			if !strings.Contains(state.Failure, c.told) || strings.Contains(state.Failure, "s3cr3t") {
				t.Errorf("it is told %q, want %q", state.Failure, c.told)
			}
			must(t, w.app.DeleteDrain(t.Context(), admin, drain.ID))
		})
	}
}
