package app_test

import (
	"slices"
	"testing"
	"time"

	"gondor/app"
)

// until yields the times at which a schedule is due between two moments.
func until(t *testing.T, schedule, zone, from, to string) []string {
	t.Helper()
	s, err := app.ParseSchedule(schedule, zone)
	must(t, err)
	at, err := time.Parse(time.RFC3339, from)
	must(t, err)
	end, err := time.Parse(time.RFC3339, to)
	must(t, err)
	var times []string
	for at = s.Next(at); !at.IsZero() && !at.After(end); at = s.Next(at) {
		times = append(times, at.Format("01-02 15:04 MST"))
		if len(times) > 100 {
			t.Fatalf("%q in %s is due more than a hundred times", schedule, zone)
		}
	}
	return times
}

func TestWhenClocksChangeEachTimeIsDueOnce(t *testing.T) {
	for _, c := range []struct {
		name, schedule, zone, from, to string
		due                            []string
	}{
		{
			"a fixed time in the gap is due at its end", "30 2 * * *", "Europe/Vienna", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z",
			[]string{"03-28 02:30 CET", "03-29 03:00 CEST", "03-30 02:30 CEST"},
		},
		{
			"several in the gap are due together", "0,20,40 2,3 * * *", "Europe/Vienna", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"03-29 03:00 CEST", "03-29 03:20 CEST", "03-29 03:40 CEST"},
		},
		{
			"a fixed time that occurs twice is due the first time", "30 2 * * *", "Europe/Vienna", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
			[]string{"10-25 02:30 CEST", "10-26 02:30 CET"},
		},
		{
			"steps of minutes in a fixed hour are fixed times", "*/30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T12:00:00Z",
			[]string{"11-01 01:00 EDT", "11-01 01:30 EDT"},
		},
		{
			"every hour goes through the gap", "0 * * * *", "America/New_York", "2026-03-08T05:30:00Z", "2026-03-08T08:30:00Z",
			[]string{"03-08 01:00 EST", "03-08 03:00 EDT", "03-08 04:00 EDT"},
		},
		{
			"and through the hour that occurs twice", "30 * * * *", "America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T07:45:00Z",
			[]string{"11-01 01:30 EDT", "11-01 01:30 EST", "11-01 02:30 EST"},
		},
		{
			"steps of hours show on the wall", "0 */2 * * *", "Europe/Vienna", "2026-10-24T22:30:00Z", "2026-10-25T04:00:00Z",
			[]string{"10-25 02:00 CEST", "10-25 02:00 CET", "10-25 04:00 CET"},
		},
		{
			"a change of half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z",
			[]string{"10-04 02:30 +11", "10-05 02:15 +11"},
		},
		{
			"midnight in the gap", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-25T12:00:00Z",
			[]string{"04-24 01:00 EEST", "04-25 00:00 EEST"},
		},
		{
			"a day that the calendar skipped", "0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z",
			[]string{"12-29 12:00 -10", "12-31 00:00 +14", "12-31 12:00 +14", "01-01 12:00 +14"},
		},
		{
			"no change at all", "30 2 * * *", "Asia/Tokyo", "2026-03-28T00:00:00Z", "2026-03-29T23:00:00Z",
			[]string{"03-29 02:30 JST", "03-30 02:30 JST"},
		},
		{
			"a day of the month or one of the week", "0 0 13 * fri", "UTC", "2026-02-01T00:00:00Z", "2026-02-21T00:00:00Z",
			[]string{"02-06 00:00 UTC", "02-13 00:00 UTC", "02-20 00:00 UTC"},
		},
		{"a day in leap years", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-03-01T00:00:00Z", []string{"02-29 00:00 UTC"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := until(t, c.schedule, c.zone, c.from, c.to)
			if !slices.Equal(got, c.due) {
				t.Errorf("it is due at %q, want %q", got, c.due)
			}
		})
	}
}

// TestAYearHasAsManyTimesAsItsCalendar counts the times of a whole year: clocks that change
// take none away and add none.
func TestAYearHasAsManyTimesAsItsCalendar(t *testing.T) {
	for _, zone := range []string{"Europe/Vienna", "America/New_York", "Australia/Sydney", "UTC"} {
		for schedule, want := range map[string]int{"30 2 * * *": 365, "0 1,2,3 * * *": 3 * 365, "0 0 1 * *": 12, "15 4 * * 1": 52, "*/15 * * * *": 365 * 96} {
			s, err := app.ParseSchedule(schedule, zone)
			must(t, err)
			location, err := time.LoadLocation(zone)
			must(t, err)
			at, end, count := time.Date(2025, 12, 31, 23, 59, 0, 0, location), time.Date(2027, 1, 1, 0, 0, 0, 0, location), 0
			for next := s.Next(at); next.Before(end); next = s.Next(at) {
				if !next.After(at) {
					t.Fatalf("%q in %s is due at %s after %s", schedule, zone, next, at)
				}
				at = next
				count++
			}
			if zone != "UTC" && schedule == "0 1,2,3 * * *" {
				want-- // a gap's end is the same moment as the fixed time behind it
			}
			if count != want {
				t.Errorf("%q in %s is due %d times in 2026, want %d", schedule, zone, count, want)
			}
		}
	}
}
