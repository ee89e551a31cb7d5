package app_test

import (
	"strings"
	"testing"
	"time"

	"gondor/app"
)

func TestASchedulesFieldsAreFive(t *testing.T) {
	for _, c := range []struct {
		name, schedule, zone string
		field                string // at fault; empty when it is right
		says                 string // part of the message
	}{
		{"every minute", "* * * * *", "UTC", "", ""},
		{"steps, ranges and lists", "*/15 8-18 1,15 * mon-fri", "Europe/Vienna", "", ""},
		{"spaces around", "  30 4 * * *\t", "UTC", "", ""},
		{"seconds in front", "0 30 4 * * *", "UTC", "schedule", `such as "30 4 * * *"`},
		{"too few", "30 4 * *", "UTC", "schedule", "has 4 fields and needs five"},
		{"none", "", "UTC", "schedule", "has 0 fields"},
		{"a minute that is not", "60 4 * * *", "UTC", "schedule", "minute, hour"},
		{"a nickname", "@daily", "UTC", "schedule", "not a schedule of five fields"},
		{"a zone in front of five", "TZ=UTC 30 4 * * *", "UTC", "schedule", "the time zone stands beside it"},
		{"a zone in front of four", "CRON_TZ=UTC 4 * * *", "UTC", "schedule", "the time zone stands beside it"},
		{"a zone that is none", "* * * * *", "Vienna", "timezone", "IANA"},
		{"no zone", "* * * * *", "", "timezone", "IANA"},
		{"the machine's own zone", "* * * * *", "Local", "timezone", "IANA"},
		{"a zone that is a path", "* * * * *", "../UTC", "timezone", "IANA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := app.ParseSchedule(c.schedule, c.zone)
			if c.field == "" {
				must(t, err)
				return
			}
			wantCode(t, err, app.CodeInvalid)
			wantField(t, err, c.field)
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the message is %q, want it to say %q", err, c.says)
			}
		})
	}
}

func TestAScheduleTellsTimesInItsZone(t *testing.T) {
	schedule, err := app.ParseSchedule("30 4 * * *", "Europe/Vienna")
	must(t, err)
	got := schedule.Next(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	if want := time.Date(2026, 7, 1, 2, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the next time is %s, want %s", got.UTC(), want)
	}
}

func TestATaskRunHasEndedInSomeStates(t *testing.T) {
	for state, ended := range map[app.TaskRunState]bool{
		app.TaskRunDue: false, app.TaskRunRunning: false,
		app.TaskRunSucceeded: true, app.TaskRunFailed: true, app.TaskRunCancelled: true, app.TaskRunSkipped: true,
	} {
		if state.Ended() != ended {
			t.Errorf("%s has ended: %v", state, state.Ended())
		}
	}
}

// FuzzParseSchedule holds that whatever is accepted has five fields and a next time, or
// none in years to come.
func FuzzParseSchedule(f *testing.F) {
	for _, seed := range []string{"* * * * *", "*/5 1-3 1,2 jan mon", "0 0 30 2 *", "TZ= * * * *", "@every 1s", "? ? ? ? ?", "1-0 * * * *", "*/0 * * * *"} {
		f.Add(seed)
	}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		schedule, err := app.ParseSchedule(text, "UTC")
		if err != nil {
			wantCode(t, err, app.CodeInvalid)
			return
		}
		if len(strings.Fields(text)) != 5 {
			t.Errorf("%q is accepted", text)
		}
		if next := schedule.Next(start); !next.IsZero() && (!next.After(start) || next.Second() != 0) {
			t.Errorf("%q is next at %s, after %s", text, next, start)
		}
	})
}
