package main

import (
	"fmt"
	"slices"
	"time"

	"gondor/test/load"
)

// flat is how much more the control plane may hold at the end than after the first deploys.
const flat = 1.1

// reportSoak prints what became of the requests, and judges.
func (b *bench) reportSoak(s *soaked, r load.Report) {
	fmt.Printf("soak on %s: %d deploys under %d requests a second and their assets, half of them on new connections\n", s.engine, len(s.took), soakRate)
	fmt.Println(r)
	for _, phase := range []string{between, during} {
		if h := r.Phases[phase]; h != nil {
			fmt.Printf("\nlatency of %d requests %s: p50 %s, p95 %s, p99 %s, most %s\n%s", h.Count(), phase,
				h.Quantile(0.5), h.Quantile(0.95), h.Quantile(0.99), h.Most().Round(time.Millisecond), h)
		}
	}
	took := figuresOf(s.took, func(d time.Duration) time.Duration { return d })
	fmt.Printf("\na deploy took %.2f s in the median (%.2f to %.2f)\n", took.median, took.min, took.max)
	first, last := s.weights()
	fmt.Printf("the control plane held (RSS/anonymous MB) %s after the first deploys, %s after the last\n", first, last)
	b.verdicts.judge(len(r.Failures) == 0, "soak on "+s.engine+": no request and no asset fails", "%d of %d failed", len(r.Failures), r.Requests)
	growth := float64(last.anonymous) / float64(first.anonymous)
	b.verdicts.judge(growth <= flat, "soak on "+s.engine+": memory of the control plane is flat", "anonymous %.1f to %.1f MB, %.2f times", megabytes(first.anonymous), megabytes(last.anonymous), growth)
}

// weights are what was held in the median of the second tenth of the deploys, as the first
// still fills what is then kept, and of the last.
func (s *soaked) weights() (first, last memory) {
	share := len(s.held) / 10
	return medianOf(s.held[share : 2*share]), medianOf(s.held[len(s.held)-share:])
}

func medianOf(all []memory) memory {
	of := func(value func(memory) int64) int64 {
		values := make([]int64, 0, len(all))
		for _, m := range all {
			values = append(values, value(m))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return memory{of(func(m memory) int64 { return m.rss }), of(func(m memory) int64 { return m.anonymous })}
}

func (m memory) String() string {
	return fmt.Sprintf("%.1f/%.1f", megabytes(m.rss), megabytes(m.anonymous))
}
