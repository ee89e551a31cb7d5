package ui

import (
	"fmt"
	"time"
)

// tone is how a state is coloured, beside the word that says it: good, moving, bad or idle.
func tone(state any) string {
	switch fmt.Sprint(state) {
	case "running", "active", "succeeded", "healthy":
		return "good"
	case "deploying", "restarting", "pending", "preparing", "starting", "waiting", "queued", "building", "draining", "due":
		return "moving"
	case "failed", "unhealthy", "crashed", "missed":
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
	switch d := now.Sub(t); {
	case d < 45*time.Second:
		return "just now"
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
		return "1 " + unit + " ago"
	}
	return fmt.Sprintf("%d %ss ago", n, unit)
}
