package api

import (
	"time"

	"gondor/app"
)

// Task is a command that runs in an instance at the times of a schedule.
type Task struct {
	Instance Reference         `json:"instance"`
	Name     string            `json:"name"`
	Schedule string            `json:"schedule"` // five fields, as crontab(5) has them
	Timezone string            `json:"timezone"` // of the IANA list
	Command  string            `json:"command"`
	Size     string            `json:"size"` // empty: the smallest
	Overlap  app.OverlapPolicy `json:"overlap"`
	Retries  int               `json:"retries"`
	// TimeLimit is in seconds, of one attempt.
	TimeLimit int        `json:"time_limit"`
	CatchUp   bool       `json:"catch_up"`
	Paused    bool       `json:"paused"`
	Next      *time.Time `json:"next"`     // when it is due next; null while it is paused
	LastRun   *TaskRun   `json:"last_run"` // null before the first
	URL       Reference  `json:"url"`
}

// NewTask makes a scheduled task. What is left out has its default: the time zone is UTC.
type NewTask struct {
	Instance  Reference         `json:"instance"`
	Name      string            `json:"name"`
	Schedule  string            `json:"schedule"`
	Timezone  string            `json:"timezone,omitempty"`
	Command   string            `json:"command"`
	Size      string            `json:"size,omitempty"`
	Overlap   app.OverlapPolicy `json:"overlap,omitempty"`
	Retries   int               `json:"retries,omitempty"`
	TimeLimit int               `json:"time_limit,omitempty"`
	CatchUp   bool              `json:"catch_up,omitempty"`
}

// TaskUpdate changes a scheduled task; what is left out stays.
type TaskUpdate struct {
	Schedule  *string            `json:"schedule,omitempty"`
	Timezone  *string            `json:"timezone,omitempty"`
	Command   *string            `json:"command,omitempty"`
	Size      *string            `json:"size,omitempty"`
	Overlap   *app.OverlapPolicy `json:"overlap,omitempty"`
	Retries   *int               `json:"retries,omitempty"`
	TimeLimit *int               `json:"time_limit,omitempty"`
	CatchUp   *bool              `json:"catch_up,omitempty"`
	Paused    *bool              `json:"paused,omitempty"`
}

// TaskRun is one firing of a scheduled task.
type TaskRun struct {
	Task    Reference        `json:"task"`
	Due     time.Time        `json:"due"`
	Asker   string           `json:"asker"`   // who asked for it by hand; empty: the schedule
	Release int              `json:"release"` // its number; 0 before it starts
	State   app.TaskRunState `json:"state"`
	Attempt int              `json:"attempt"`   // from 1
	Missed  int              `json:"missed"`    // how many due times in a row one that was missed stands for
	Code    *int             `json:"exit_code"` // null before its first attempt ended
	Message string           `json:"message"`   // why it was skipped or missed, how it failed
	Started *time.Time       `json:"started"`
	Ended   *time.Time       `json:"ended"`
	URL     Reference        `json:"url"`
}
