package app

import (
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no list of them

	"github.com/robfig/cron/v3"
)

// Schedule says when a scheduled task is due: five fields, as crontab(5) has them, in a time
// zone. The library reads the fields; the times are told here, because it runs some twice
// and others never when clocks change:
//
//   - A schedule of fixed hours ("30 2 * * *") is due once a day at each of them. A time
//     that a change of clocks skips is due at the end of the gap, together with others of
//     the same gap; one that occurs twice is due the first time.
//   - One whose hour is *, a step or a range with a step ("*/10 * * * *", "0 */2 * * *") is
//     due whenever a clock on the wall shows such a minute: in an hour that occurs twice,
//     twice, in one that is skipped, not at all.
//
// It is a value, safe for concurrent use.
type Schedule struct {
	minute, hour, day, month, weekday uint64 // bits, as robfig/cron has them
	anyDay                            bool   // the day of the month or of the week is *: both must fit
	flowing                           bool   // the hour is *, or has a step
	zone                              *time.Location
}

// scheduleFields are how many fields a schedule has.
const scheduleFields = 5

// star is the bit by which robfig/cron says that a field was * or ?.
const star = 1 << 63

// ParseSchedule reads a schedule of five fields in a zone of the IANA list. CodeInvalid
// about "schedule" or "timezone" says what would be right, also of one that is never due.
func ParseSchedule(schedule, zone string) (Schedule, error) {
	location, err := ParseZone("timezone", zone)
	if err != nil {
		return Schedule{}, err
	}
	fields := strings.Fields(schedule)
	if err := checkFields(schedule, fields); err != nil {
		return Schedule{}, err
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(strings.Join(fields, " "))
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		return Schedule{}, Invalid("schedule", "%q can't be read (%v); write minute, hour, day of the month, month and day of the week, such as %q for half past four every day", schedule, err, "30 4 * * *")
	}
	s := Schedule{
		minute: spec.Minute, hour: spec.Hour, day: spec.Dom, month: spec.Month, weekday: spec.Dow,
		anyDay: (spec.Dom|spec.Dow)&star != 0, flowing: strings.ContainsAny(fields[1], "*?/"), zone: location,
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, Invalid("schedule", "%q is never due: no month has such a day", schedule)
	}
	return s, nil
}

// checkFields says what is right when there are not five fields, or one of them is none.
func checkFields(schedule string, fields []string) error {
	const right = "write minute, hour, day of the month, month and day of the week, such as %q for half past four every day"
	switch {
	case len(fields) == scheduleFields+1 && !strings.Contains(fields[0], "="):
		return Invalid("schedule", "%q has six fields; leave the seconds out and write five, such as %q", schedule, strings.Join(fields[1:], " "))
	case strings.ContainsAny(schedule, "=@"):
		return Invalid("schedule", "%q is not a schedule of five fields, and the time zone stands beside it; "+right, schedule, "30 4 * * *")
	case len(fields) != scheduleFields:
		return Invalid("schedule", "%q has %d fields and needs five; "+right, schedule, len(fields), "30 4 * * *")
	}
	return nil
}

// ParseZone returns the time zone of that name in the IANA list. field names it in the
// error.
func ParseZone(field, name string) (*time.Location, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, Invalid(field, "%q is not a time zone of the IANA list; give one such as %q or %q", name, "Europe/Vienna", "UTC")
	}
	return location, nil
}

// horizon is how far Next looks ahead: two leap years are up to eight years apart.
const horizon = 9 * 366 * 24 * time.Hour

// Next returns the first moment after t at which the schedule is due, in its zone; the zero
// time when there is none.
func (s Schedule) Next(t time.Time) time.Time {
	if s.flowing {
		return s.nextFlowing(t.In(s.zone))
	}
	return s.nextFixed(t.In(s.zone))
}

// nextFlowing goes through the hours as they pass.
func (s Schedule) nextFlowing(after time.Time) time.Time {
	t := after.Truncate(time.Minute).Add(time.Minute)
	for end := after.Add(horizon); t.Before(end); t = nextHour(t) {
		if !s.onDay(t) || !has(s.hour, t.Hour()) {
			continue
		}
		for next := nextHour(t); t.Before(next); t = t.Add(time.Minute) {
			if has(s.minute, t.Minute()) {
				return t
			}
		}
		t = t.Add(-time.Minute) // still in this hour
	}
	return time.Time{}
}

// nextHour is when the clock on the wall next shows another hour, or jumps.
func nextHour(t time.Time) time.Time {
	next := t.Add(time.Hour - time.Duration(t.Minute())*time.Minute)
	if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(next) {
		return change.In(t.Location())
	}
	return next
}

// nextFixed goes through the days of the calendar.
func (s Schedule) nextFixed(after time.Time) time.Time {
	year, month, day := after.Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // of the wall, whatever the zone
	for end := date.Add(horizon); date.Before(end); date = date.AddDate(0, 0, 1) {
		if !s.onDay(date) {
			continue
		}
		if next, found := s.firstOn(date, after); found {
			return next
		}
	}
	return time.Time{}
}

// firstOn is the first moment of a date that is later than after.
func (s Schedule) firstOn(date, after time.Time) (time.Time, bool) {
	for hour := range 24 {
		if !has(s.hour, hour) {
			continue
		}
		for minute := range 60 {
			if !has(s.minute, minute) {
				continue
			}
			wall := date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if at := onWall(wall, s.zone); at.After(after) {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// onWall is the first moment at which clocks of the zone show what wall shows in UTC, or the
// end of the gap that it falls into.
func onWall(wall time.Time, zone *time.Location) time.Time {
	before := shown(wall, wall.Add(-24*time.Hour), zone)
	if shows(before, wall) {
		return before
	}
	if after := shown(wall, wall.Add(24*time.Hour), zone); shows(after, wall) {
		return after
	}
	start, _ := before.ZoneBounds() // before counts as if clocks had not changed: it is behind the change
	return start.In(zone)
}

// shown is when wall would be shown, were clocks set as they are at some other moment.
func shown(wall, as time.Time, zone *time.Location) time.Time {
	_, offset := as.In(zone).Zone()
	return wall.Add(-time.Duration(offset) * time.Second).In(zone)
}

func shows(t, wall time.Time) bool {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).Equal(wall)
}

// onDay reports whether the date fits. When both the day of the month and that of the week
// are given, one of them is enough, as in crontab(5).
func (s Schedule) onDay(t time.Time) bool {
	day, weekday := has(s.day, t.Day()), has(s.weekday, int(t.Weekday()))
	if s.anyDay {
		return has(s.month, int(t.Month())) && day && weekday
	}
	return has(s.month, int(t.Month())) && (day || weekday)
}

func has(bits uint64, n int) bool { return bits&(1<<n) != 0 }
