package app

import "time"

// Drain sends the logs of an instance on to somebody else: a syslog server, or an HTTP
// endpoint. It begins with what is written after it was made.
type Drain struct {
	ID       ID[Drain]
	Instance ID[Instance]
	Target   Sealed // its URL, which may hold a secret; see CheckDrainTarget
	Shown    string // the same as people are shown it; see MaskDrainTarget
	Creator  ID[User]
	Created  time.Time
}

// MaxDrains is how many drains an instance may have.
const MaxDrains = 10

// DrainByInstance is the index of drains by their instance.
const DrainByInstance = "instance"

// Key implements Record.
func (d Drain) Key() string { return string(d.ID) }

// InstanceID implements OfInstance.
func (d Drain) InstanceID() ID[Instance] { return d.Instance }

// Indexes implements Record.
func (d Drain) Indexes() []Index {
	return []Index{{Name: DrainByInstance, Value: string(d.Instance)}}
}

// DrainState is how a drain stands.
type DrainState struct {
	Sent    uint64        // how many lines the far end has taken
	Lost    uint64        // how many left their log before it could take them
	Behind  time.Duration // the age of the oldest line that it has not taken; 0: it has all
	Success time.Time     // when it last took some; zero: never
	// Failure is a sentence for people: what is wrong, and when it is tried again. Empty while
	// all is well.
	Failure string
	Failing time.Time // since when; zero while all is well
}

// DrainStates tells how drains stand. It is safe for concurrent use.
type DrainStates interface {
	// DrainState returns how a drain stands; the zero state for one that has not begun.
	DrainState(id ID[Drain]) DrainState
}
