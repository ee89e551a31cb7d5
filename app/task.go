package app

import (
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no list of them

	"github.com/robfig/cron/v3"
)

// ScheduledTask is a command that runs in an instance at cron times of a time zone.
type ScheduledTask struct {
	ID       ID[ScheduledTask]
	Instance ID[Instance]
	Name     string // unique in its instance
	Schedule string // five fields: minute, hour, day of the month, month, day of the week
	Zone     string // of the IANA list: "Europe/Vienna"
	Command  string
	Created  time.Time
}

// TaskRun is one firing of a scheduled task.
type TaskRun struct {
	ID       ID[TaskRun]
	Task     ID[ScheduledTask]
	Instance ID[Instance]
	Release  ID[Release] // the one it ran in
	Due      time.Time   // the minute that the schedule names
	State    TaskRunState
	Exit     Exit // how it ended; zero before, and when it never began
	Started  time.Time
}

// TaskRunState is where a task run stands:
//
//	due ──started──▶ running ──exit code 0──▶ succeeded
//	 │                  ├──any other──▶ failed
//	 │                  └──stopped by somebody──▶ cancelled
//	 └──the run before still goes on, or nothing is deployed──▶ skipped
type TaskRunState string

// The states of a task run.
const (
	TaskRunDue       TaskRunState = "due"
	TaskRunRunning   TaskRunState = "running"
	TaskRunSucceeded TaskRunState = "succeeded"
	TaskRunFailed    TaskRunState = "failed"
	TaskRunCancelled TaskRunState = "cancelled"
	TaskRunSkipped   TaskRunState = "skipped"
)

// Ended reports whether the state is final.
func (s TaskRunState) Ended() bool { return s != TaskRunDue && s != TaskRunRunning }

// scheduleFields are how many fields a schedule has.
const scheduleFields = 5

// ParseSchedule reads a schedule of five fields, as crontab(5) has them, in a zone of
// the IANA list. The schedule returned tells times in that zone.
func ParseSchedule(schedule, zone string) (cron.Schedule, error) {
	location, err := ParseZone("timezone", zone)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(schedule)
	if err := checkFields(schedule, fields); err != nil {
		return nil, err
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, Invalid("schedule", "%q can't be read (%s); write minute, hour, day of the month, month and day of the week, such as %q for half past four every day", schedule, err, "30 4 * * *")
	}
	if spec, ok := parsed.(*cron.SpecSchedule); ok {
		spec.Location = location
	}
	return parsed, nil
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
