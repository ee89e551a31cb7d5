package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Histogram counts times in buckets, each a quarter wider than the one before. The zero
// value is empty.
type Histogram struct {
	counts []int // by bucket
	total  int
	most   time.Duration
}

// finest is the end of the first bucket.
const finest = 100 * time.Microsecond

func (h *Histogram) add(d time.Duration) {
	i := 0
	for end := finest; d > end; end = wider(end) {
		i++
	}
	for len(h.counts) <= i {
		h.counts = append(h.counts, 0)
	}
	h.counts[i]++
	h.total++
	h.most = max(h.most, d)
}

func wider(end time.Duration) time.Duration { return end + end/4 }

func (h Histogram) clone() Histogram {
	h.counts = slices.Clone(h.counts)
	return h
}

// Count is how many times there are.
func (h Histogram) Count() int { return h.total }

// Most is the longest time.
func (h Histogram) Most() time.Duration { return h.most }

// Quantile is the end of the bucket that the share of all times falls into, to 25 %; 0
// when there are none.
func (h Histogram) Quantile(share float64) time.Duration {
	left := int(share * float64(h.total))
	end := finest
	for _, n := range h.counts {
		if left -= n; left < 0 {
			return min(end, h.most).Round(10 * time.Microsecond)
		}
		end = wider(end)
	}
	return h.most
}

// String draws the histogram, a line per bucket that has any.
func (h Histogram) String() string {
	var text strings.Builder
	end := finest
	for _, n := range h.counts {
		if n > 0 {
			fmt.Fprintf(&text, "%10s %7d %s\n", end.Round(10*time.Microsecond), n, strings.Repeat("#", 1+59*n/h.total))
		}
		end = wider(end)
	}
	return text.String()
}
