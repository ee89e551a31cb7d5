package ui

import (
	"fmt"
	"time"
)

// tone is how a state is coloured, beside the word that says it: good, moving, bad or idle.
func tone(state any) string {
	switch fmt.Sprint(state) {
	case "running", "active", "succeeded", "healthy", "arrived", "well":
		return "good"
	case "deploying", "restarting", "pending", "preparing", "starting", "waiting", "queued", "building", "draining", "due", "sending":
		return "moving"
	case "failed", "unhealthy", "crashed", "missed", "failing", "alert":
		return "bad"
	default:
		return "idle"
	}
}

// ago is how long before now a moment was, in the largest unit that fits. The script
// words it the same way as time goes by.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	if d < moments {
		return "just now"
	}
	return roughly(d) + " ago"
}

// moments is what people call no time at all.
const moments = 45 * time.Second

// roughly is a duration in the largest unit that fits.
func roughly(d time.Duration) string {
	switch {
	case d < moments:
		return "less than a minute"
	case d < time.Hour:
		return units(int((d+30*time.Second)/time.Minute), "minute")
	case d < 36*time.Hour:
		return units(int((d+30*time.Minute)/time.Hour), "hour")
	default:
		return units(int((d+12*time.Hour)/(24*time.Hour)), "day")
	}
}

func units(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
