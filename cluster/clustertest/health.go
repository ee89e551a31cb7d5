package clustertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

func testHealth(t *testing.T, subject Subject) {
	t.Run("statuses", func(t *testing.T) { testStatuses(t, subject) })
	t.Run("a healthy service is checked at its own interval", func(t *testing.T) { testInterval(t, subject) })
	t.Run("warm-up", func(t *testing.T) { testWarmUp(t, subject) })
	t.Run("checks carry the instance's own host and scheme", func(t *testing.T) {
		b := newBench(t, subject)
		w := with(b.web(), "SITE_HOST", "site.example.com https")
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
	})
	t.Run("a 400 is told with a hint at ALLOWED_HOSTS", func(t *testing.T) {
		b := newBench(t, subject)
		w := with(b.web(), "SITE_HOST", "another.example.com")
		b.apply(w)
		b.awaitMessage(w.Ref, "400", "ALLOWED_HOSTS", "site.example.com")
	})
	t.Run("one that listens on another port is told so", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		w.Program.Command = `"$GONDOR" ` + siteArgument + " 0"
		b.apply(w)
		b.awaitMessage(w.Ref, "does not listen on PORT")
	})
	t.Run("one that never becomes healthy is told with its last output", func(t *testing.T) {
		b := newBench(t, subject)
		w := with(b.web(), "SITE_STATUS", "500")
		b.apply(w)
		b.await(w.Ref, "starting with its output", func(o app.Observation) bool {
			return len(o.Replicas) == 1 && strings.Contains(strings.Join(o.Replicas[0].Output, "\n"), "the site starts")
		})
	})
	t.Run("it becomes unhealthy after failures in a row and healthy again", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		r := b.awaitHealthy(w.Ref, 1)[0]
		b.get(r, "/become/503")
		b.await(w.Ref, "unhealthy", func(o app.Observation) bool {
			return o.Replicas[0].State == app.ReplicaUnhealthy && strings.Contains(o.Replicas[0].Message, "503")
		})
		b.get(r, "/become/200")
		b.awaitHealthy(w.Ref, 1)
	})
}

// testInterval measures the time by the checks of another service, not by a clock.
func testInterval(t *testing.T, subject Subject) {
	b := newBench(t, subject)
	often, seldom := b.web(), b.web()
	often.Config.HealthInterval, seldom.Config.HealthInterval = 20*time.Millisecond, time.Hour
	b.apply(often)
	b.apply(seldom)
	asked := func(w app.Workload) (n int) {
		r := b.awaitHealthy(w.Ref, 1)[0]
		if _, err := fmt.Sscan(b.get(r, "/asked"), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	seldomBefore, before := asked(seldom), asked(often)
	b.eventually("the one is asked often", func() bool { return asked(often) >= before+20 })
	if now := asked(seldom); now > seldomBefore+1 { // one check may have been under way
		t.Errorf("while one was checked 20 times the other was %d times, whose interval is an hour", now-seldomBefore)
	}
}

func testWarmUp(t *testing.T, subject Subject) {
	t.Run("it is healthy once it was asked for all paths in order, each once", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		w.Config.WarmUp = []string{"/warm/first", "/warm/second", "/missing"} // a 404 is an answer
		b.apply(w)
		r := b.awaitHealthy(w.Ref, 1)[0]
		if got := b.get(r, "/warmed"); got != "site.example.com/first\nsite.example.com/second\n" {
			t.Errorf("it was asked for %q", got)
		}
	})
	t.Run("it is not healthy while an answer is waited for, and people are told of which", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		w.Config.WarmUp = []string{"/held"}
		b.apply(w)
		b.awaitMessage(w.Ref, "has not answered GET /held yet")
		b.mu.Lock()
		r := b.seen[w.Ref].Replicas[0]
		b.mu.Unlock()
		b.get(r, "/let-go")
		b.awaitHealthy(w.Ref, 1)
	})
	t.Run("an answer of 500 is told with its path", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		w.Config.WarmUp = []string{"/warm/first", "/nowhere"}
		b.apply(w)
		b.awaitMessage(w.Ref, "answered 500 Internal Server Error to GET /nowhere, which warm_up asks for")
	})
}

// awaitMessage waits until the only replica is starting with a message that has these
// parts.
func (b *bench) awaitMessage(ref app.WorkloadRef, parts ...string) {
	b.Helper()
	b.await(ref, "starting with the message "+strings.Join(parts, ", "), func(o app.Observation) bool {
		if len(o.Replicas) != 1 || o.Replicas[0].State != app.ReplicaStarting {
			return false
		}
		for _, part := range parts {
			if !strings.Contains(o.Replicas[0].Message, part) {
				return false
			}
		}
		return true
	})
}

func testStatuses(t *testing.T, subject Subject) {
	for _, c := range []struct {
		status  string
		allowed []int
		healthy bool
	}{
		{"204", nil, true},
		{"302", nil, true}, // and it is not followed: where it leads answers 500
		{"401", nil, true},
		{"403", nil, true},
		{"404", nil, true},
		{"405", nil, false},
		{"500", nil, false},
		{"503", []int{503}, true},
		{"200", []int{204}, false},
	} {
		t.Run(c.status, func(t *testing.T) {
			b := newBench(t, subject)
			w := with(b.web(), "SITE_STATUS", c.status)
			w.Config.HealthStatuses, w.Config.HealthTimeout = c.allowed, time.Second
			b.apply(w)
			if c.healthy {
				b.awaitHealthy(w.Ref, 1)
			} else {
				b.awaitMessage(w.Ref, "answered "+c.status)
			}
		})
	}
}
