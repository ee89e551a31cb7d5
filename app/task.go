package app

import (
	"slices"
	"time"
)

// ScheduledTask is a command that runs in an instance at the times of a schedule.
type ScheduledTask struct {
	ID       ID[ScheduledTask]
	Instance ID[Instance]
	Name     string // unique in its instance
	TaskSettings
	// Paused tasks are not due. What they miss meanwhile is not told.
	Paused bool
	// Decided is the last due time that was decided on: to run, to skip, or to miss. What is
	// due before is over for ever. When it is made and each time its schedule changes or
	// its pause ends, that is now.
	Decided time.Time
	Created time.Time
}

// TaskSettings are what people say of a scheduled task.
type TaskSettings struct {
	Schedule string // five fields: minute, hour, day of the month, month, day of the week
	Zone     string // of the IANA list: "Europe/Vienna"
	Command  string // for sh
	Size     string // a name of Sizes; empty: the smallest
	Overlap  OverlapPolicy
	// Retries is how often a run that failed is tried again, 0 to MaxRetries.
	Retries int
	// TimeLimit is how long one attempt may take, up to MaxTimeLimit; 0: DefaultTimeLimit.
	TimeLimit time.Duration
	// CatchUp runs it once, late, when Gondor was down at its time; otherwise that is missed.
	CatchUp bool
}

// OverlapPolicy says what happens when a task is due while its run before still goes on.
type OverlapPolicy string

// The policies.
const (
	OverlapSkip    OverlapPolicy = "skip"    // it does not run this time: the default
	OverlapQueue   OverlapPolicy = "queue"   // it runs when the one before has ended
	OverlapReplace OverlapPolicy = "replace" // the one before is cancelled
)

// The bounds of a task's settings.
const (
	MaxRetries       = 10
	DefaultTimeLimit = 6 * time.Hour
	MaxTimeLimit     = 7 * 24 * time.Hour
	// MaxQueued is how many runs of one task wait for those before; more are skipped.
	MaxQueued = 10
)

// Indexes of scheduled tasks.
const (
	TaskByInstance = "instance"
	TaskByName     = "name" // unique, "INSTANCE-ID/NAME"
)

// Key implements Record.
func (t ScheduledTask) Key() string { return string(t.ID) }

// InstanceID implements OfInstance.
func (t ScheduledTask) InstanceID() ID[Instance] { return t.Instance }

// Indexes implements Record.
func (t ScheduledTask) Indexes() []Index {
	return []Index{
		{Name: TaskByInstance, Value: string(t.Instance)},
		{Name: TaskByName, Value: string(t.Instance) + "/" + t.Name, Unique: true},
	}
}

// Next is when the task is due after t; zero while it is paused.
func (t ScheduledTask) Next(after time.Time) time.Time {
	schedule, err := ParseSchedule(t.Schedule, t.Zone)
	if err != nil || t.Paused {
		return time.Time{} // it was checked when it was set; zones may go from the list
	}
	return schedule.Next(after)
}

// withDefaults fills in what was not said.
func (s TaskSettings) withDefaults() TaskSettings {
	if s.Overlap == "" {
		s.Overlap = OverlapSkip
	}
	if s.TimeLimit == 0 {
		s.TimeLimit = DefaultTimeLimit
	}
	return s
}

// check says what would be right of the first setting that is not.
func (s TaskSettings) check(sizes Sizes) error {
	if _, err := ParseSchedule(s.Schedule, s.Zone); err != nil {
		return err
	}
	if err := checkCommand(s.Command, "python manage.py clearsessions"); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]OverlapPolicy{OverlapSkip, OverlapQueue, OverlapReplace}, s.Overlap):
		return Invalid("overlap", "%q is not known; use skip, queue or replace", string(s.Overlap))
	case s.Retries < 0 || s.Retries > MaxRetries:
		return Invalid("retries", "%d is out of range; give 0 to %d", s.Retries, MaxRetries)
	case s.TimeLimit < time.Second || s.TimeLimit > MaxTimeLimit:
		return Invalid("time_limit", "%v is out of range; give 1 second to 7 days", s.TimeLimit)
	case s.Size == "":
		return nil
	}
	_, err := sizes.Find(s.Size)
	return err
}
