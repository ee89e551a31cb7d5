package app

import "time"

// Run is a one-off process that somebody asked for: who ran what, when, and how it ended.
type Run struct {
	ID        ID[Run]
	Instance  ID[Instance]
	Service   string // in whose release and environment
	Release   ID[Release]
	User      ID[User]
	Command   string
	Size      string
	TimeLimit time.Duration // 0: none
	Detached  bool          // nobody joins it: it begins at once, and its output is its log
	State     RunState
	Stopped   bool   // somebody asked for its end
	Message   string // for people: how it ended
	Exit      Exit   // zero before its end, and when that was not seen
	Created   time.Time
	Started   time.Time // zero before
	Ended     time.Time // zero before
}

// RunState is where a run stands:
//
//	waiting ──joined, or detached──▶ running ──▶ ended
//	   └──nobody came in time──▶ expired
type RunState string

// The states of a run.
const (
	RunWaiting RunState = "waiting"
	RunRunning RunState = "running"
	RunEnded   RunState = "ended"
	RunExpired RunState = "expired"
)

// Over reports whether the state is final.
func (s RunState) Over() bool { return s == RunEnded || s == RunExpired }

// Indexes of runs.
const (
	RunByInstance = "instance"
	RunByState    = "state" // of those that are not over
	RunGoing      = "going" // of an instance, those that are not over
)

// Key implements Record.
func (r Run) Key() string { return string(r.ID) }

// InstanceID implements OfInstance.
func (r Run) InstanceID() ID[Instance] { return r.Instance }

// Indexes implements Record.
func (r Run) Indexes() []Index {
	state := ""
	if !r.State.Over() {
		state = string(r.State)
	}
	return []Index{
		{Name: RunByInstance, Value: string(r.Instance)},
		{Name: RunByState, Value: state},
		{Name: RunGoing, Value: indexedWhile(!r.State.Over(), r.Instance)},
	}
}

// runPrefix begins the IDs of the processes of runs.
const runPrefix = "run-"

// process is the ID of a run's process; there is one for ever.
func (r Run) process() ProcessID { return ProcessID(runPrefix + string(r.ID)) }

// runLog is the log of a detached run.
func runLog(r Run) LogName { return instanceLog(r.Instance, "run", string(r.ID)) }

// event is what the feed tells of the run when it begins. Its command may hold secrets.
func (r Run) event() Event {
	return Event{Instance: r.Instance, Kind: EventRun, By: r.User, About: r.Key(), Text: "A process was started in " + r.Service + "."}
}

// end makes the run one whose process has ended.
func (r Run) end(exit Exit, message string, now time.Time) Run {
	r.State, r.Exit, r.Message, r.Ended = RunEnded, exit, message, now
	return r
}
