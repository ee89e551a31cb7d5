package load

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const page = `<html><link rel="stylesheet" href="style.css?v=1"><script src="/app.js"></script>
<img src="/logo.png"><img src="/logo.png"><a href="/other">other</a><script src="https://elsewhere.example.com/x.js"></script>`

func TestThePathsOfAPagesAssets(t *testing.T) {
	want := []string{"/shop/style.css?v=1", "/app.js", "/logo.png"}
	if got := assets([]byte(page), "/shop/index.html"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

// site answers by path.
type site struct {
	*httptest.Server
	posts atomic.Int64
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/":
			_, _ = io.WriteString(w, page)
		case "/echo":
			s.posts.Add(1)
			_, _ = w.Write(body)
		case "/broken":
			panic(http.ErrAbortHandler)
		case "/logo.png":
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, r.Host)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) traffic(t *testing.T, requests int, mix ...Request) Report {
	t.Helper()
	run := Start(t.Context(), Options{Address: s.Listener.Addr().String(), Host: "shop.example.com", Rate: 500, Mix: mix})
	flows(t, func() bool { return run.Report().Requests >= requests })
	return run.Stop()
}

// flows waits until enough of the traffic has.
func flows(t *testing.T, enough func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !enough() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("the traffic does not flow")
		}
	}
}

func TestTrafficThatIsAnswered(t *testing.T) {
	s := newSite(t)
	check := func(status int, body []byte) error {
		if status != 200 || string(body) != "posted" {
			return fmt.Errorf("%d %q", status, body)
		}
		return nil
	}
	r := s.traffic(t, 100, Request{Method: "GET", Path: "/host"}, Request{Method: "POST", Path: "/echo", Body: "posted", Check: check})
	if len(r.Failures) > 0 || s.posts.Load() < 40 {
		t.Errorf("%d were posted; %s", s.posts.Load(), r)
	}
}

func TestAssetsAreFetchedAndJudged(t *testing.T) {
	r := newSite(t).traffic(t, 40, Request{Method: "GET", Path: "/", Page: true})
	if len(r.Failures) == 0 {
		t.Fatal("a missing image is no failure")
	}
	for _, f := range r.Failures {
		if f.Path != "/logo.png" || !strings.Contains(f.Reason.Error(), "the status is 404") {
			t.Error(f)
		}
	}
}

func TestNothingIsTriedAgain(t *testing.T) {
	r := newSite(t).traffic(t, 50, Request{Method: "GET", Path: "/host"}, Request{Method: "GET", Path: "/broken"})
	kept := 0
	for _, f := range r.Failures {
		if f.Path != "/broken" || !errors.Is(f.Reason, io.ErrUnexpectedEOF) {
			t.Error(f)
		}
		if f.Kept {
			kept++
		}
	}
	if len(r.Failures) < 20 || kept == 0 {
		t.Errorf("%d failed, %d of them on kept connections", len(r.Failures), kept)
	}
}

func TestAHistogramTellsQuantiles(t *testing.T) {
	var h Histogram
	for i := 1; i <= 100; i++ {
		h.add(time.Duration(i) * time.Millisecond)
	}
	for share, want := range map[float64]time.Duration{0.5: 50 * time.Millisecond, 0.99: 100 * time.Millisecond} {
		if got := h.Quantile(share); got < want || got > want+want/4 {
			t.Errorf("the quantile %v is %s; want %s", share, got, want)
		}
	}
	if h.Most() != 100*time.Millisecond {
		t.Errorf("the most is %s", h.Most())
	}
}

func TestLatenciesAreToldApartByWhatWentOn(t *testing.T) {
	s := newSite(t)
	run := Start(t.Context(), Options{Address: s.Listener.Addr().String(), Host: "shop.example.com", Rate: 500, Mix: []Request{{Method: "GET", Path: "/other"}}})
	for _, phase := range []string{"calm", "storm"} {
		run.During(phase)
		flows(t, func() bool { return run.Report().Phases[phase] != nil })
	}
	report := run.Stop()
	calm, storm := report.Phases["calm"].Count(), report.Phases["storm"].Count()
	if calm == 0 || storm == 0 || calm+storm > report.Requests {
		t.Errorf("of %d requests %d began in the calm and %d in the storm", report.Requests, calm, storm)
	}
}
