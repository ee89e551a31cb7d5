package cli

import (
	"testing"
	"time"
)

func TestTimesAreReadAsPeopleSayThem(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 15, 30, 0, 0, vienna)
	for _, c := range []struct {
		name, text string
		want       time.Time // zero: refused
	}{
		{"so long ago", "90m", now.Add(-90 * time.Minute)},
		{"a time of today", "09:15", time.Date(2026, 3, 1, 9, 15, 0, 0, vienna)},
		{"a day", "2026-02-27", time.Date(2026, 2, 27, 0, 0, 0, 0, vienna)},
		{"a day and a time", "2026-02-27 18:00", time.Date(2026, 2, 27, 18, 0, 0, 0, vienna)},
		{"with a T", "2026-02-27T18:00:30", time.Date(2026, 2, 27, 18, 0, 30, 0, vienna)},
		{"with a zone", "2026-02-27T18:00:00Z", time.Date(2026, 2, 27, 18, 0, 0, 0, time.UTC)},
		{"yesterday", "yesterday", time.Time{}},
		{"a time that is none", "25:00", time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := momentOf("--since", c.text, now)
			if (err != nil) != c.want.IsZero() || !got.Equal(c.want) {
				t.Errorf("%q is %s, %v; want %s", c.text, got, err, c.want)
			}
		})
	}
}
