package app

import (
	"time"
)

// TaskRun is one firing of a scheduled task.
type TaskRun struct {
	ID       ID[TaskRun]
	Task     ID[ScheduledTask]
	Instance ID[Instance]
	Due      time.Time   // the minute that the schedule names, or when somebody asked for it
	Asker    ID[User]    // who asked for it by hand; empty: the schedule did
	Release  ID[Release] // the one it runs in; empty before it starts
	State    TaskRunState
	Attempt  int       // from 1; more after retries
	After    time.Time // it does not start before this, so that retries are apart
	Stopped  bool      // somebody, or a run that replaces it, asked for its end
	Message  string    // for people: why it was skipped or missed, how it failed
	Exit     Exit      // how its last attempt ended; zero before, and when it never began
	Overdue  bool      // that it does not come to begin was told
	Missed   int       // of one that was missed: how many in a row it stands for
	Started  time.Time // its first attempt; zero before
	Ended    time.Time // zero before
}

// TaskRunState is where a task run stands:
//
//	due ──started──▶ running ──exit code 0──▶ succeeded
//	 │  ◀──a retry──────┤──any other────────▶ failed
//	 │                  └──somebody stopped it, or the next replaced it──▶ cancelled
//	 ├──the run before goes on, or nothing is deployed──▶ skipped
//	 └──stopped before it began──▶ cancelled
//
// One that Gondor was not there for begins, and ends, as missed.
type TaskRunState string

// The states of a task run.
const (
	TaskRunDue       TaskRunState = "due"
	TaskRunRunning   TaskRunState = "running"
	TaskRunSucceeded TaskRunState = "succeeded"
	TaskRunFailed    TaskRunState = "failed"
	TaskRunCancelled TaskRunState = "cancelled"
	TaskRunSkipped   TaskRunState = "skipped"
	TaskRunMissed    TaskRunState = "missed"
)

// Ended reports whether the state is final.
func (s TaskRunState) Ended() bool { return s != TaskRunDue && s != TaskRunRunning }

// Indexes of task runs.
const (
	TaskRunByTask     = "task"
	TaskRunByInstance = "instance"
	TaskRunMoving     = "moving"  // of a task, those that have not ended
	TaskRunInRelease  = "release" // of an instance, those that run
)

// Key implements Record.
func (r TaskRun) Key() string { return string(r.ID) }

// InstanceID implements OfInstance.
func (r TaskRun) InstanceID() ID[Instance] { return r.Instance }

// Indexes implements Record.
func (r TaskRun) Indexes() []Index {
	return []Index{
		{Name: TaskRunByTask, Value: string(r.Task)},
		{Name: TaskRunByInstance, Value: string(r.Instance)},
		{Name: TaskRunMoving, Value: indexedWhile(!r.State.Ended(), r.Task)},
		{Name: TaskRunInRelease, Value: indexedWhile(r.State == TaskRunRunning, r.Instance)},
	}
}

// end makes the run one that has ended.
func (r TaskRun) end(state TaskRunState, message string, now time.Time) TaskRun {
	r.State, r.Message, r.Ended = state, message, now
	return r
}
