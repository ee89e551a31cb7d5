package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report tells what became of the requests.
type Report struct {
	Began    time.Time
	Requests int // that have ended, those of assets among them
	Failures []Failure
	Latency  Histogram
	Phases   map[string]*Histogram // latencies by what Run.During named when they began
	Late     time.Duration         // the most that a request began after its time
}

// Failure is a request that was not answered as it should be.
type Failure struct {
	Time         time.Time // when it began
	Took         time.Duration
	Method, Path string
	Kept         bool // it went over a connection that had answered before
	Reason       error
}

// String is the failure in one line.
func (f Failure) String() string {
	connection := "a new connection"
	if f.Kept {
		connection = "a kept connection"
	}
	return fmt.Sprintf("%s %s %s on %s after %s: %v",
		f.Time.Format("15:04:05.000"), f.Method, f.Path, connection, f.Took.Round(time.Millisecond), f.Reason)
}

// Between are the failures of requests that began from one time until another.
func (r Report) Between(from, until time.Time) []Failure {
	var some []Failure
	for _, f := range r.Failures {
		if !f.Time.Before(from) && f.Time.Before(until) {
			some = append(some, f)
		}
	}
	return some
}

// mostTold is how many failures String names.
const mostTold = 20

// String tells all in a few lines.
func (r Report) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d requests in %s, %d failed; latency p50 %s, p95 %s, p99 %s, most %s; begun %s late at the most",
		r.Requests, time.Since(r.Began).Round(time.Second), len(r.Failures),
		r.Latency.Quantile(0.5), r.Latency.Quantile(0.95), r.Latency.Quantile(0.99), r.Latency.Most().Round(time.Millisecond),
		r.Late.Round(time.Millisecond))
	for i, f := range r.Failures {
		if i == mostTold {
			fmt.Fprintf(&text, "\n… and %d more", len(r.Failures)-mostTold)
			break
		}
		text.WriteString("\n" + f.String())
	}
	return text.String()
}

func (r *Report) phase(name string) *Histogram {
	if r.Phases == nil {
		r.Phases = map[string]*Histogram{}
	}
	h := r.Phases[name]
	if h == nil {
		h = &Histogram{}
		r.Phases[name] = h
	}
	return h
}

func (r Report) clone() Report {
	r.Failures = slices.Clone(r.Failures)
	r.Latency = r.Latency.clone()
	phases := r.Phases
	r.Phases = make(map[string]*Histogram, len(phases))
	for name, h := range phases {
		of := h.clone()
		r.Phases[name] = &of
	}
	return r
}
