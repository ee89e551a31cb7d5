package app

import "time"

// Build is source turned into an artifact. One build can serve many instances, so it
// holds no instance's environment.
type Build struct {
	ID       ID[Build]
	Site     ID[Site]
	Instance ID[Instance] // the one it was made for; it may serve others
	Label    string       // the label of that instance when the build was made
	Ref      string       // the branch or tag it was packed from
	SHA      string       // the commit
	Creator  ID[User]
	State    BuildState
	Message  string // why it failed, with the next thing to do
	Plan     Plan   // empty until the source was read
	Artifact Artifact
	Created  time.Time
	Started  time.Time // zero until it left the queue
	Ended    time.Time // zero until it ended
}

// BuildState is where a build stands:
//
//	waiting ──source received──▶ queued ──its turn──▶ building ──▶ succeeded
//	   │                           │                     ├──▶ failed
//	   └────────cancel─────────────┴──────cancel─────────┴──▶ cancelled
type BuildState string

// The states of a build.
const (
	BuildWaiting   BuildState = "waiting"
	BuildQueued    BuildState = "queued"
	BuildBuilding  BuildState = "building"
	BuildSucceeded BuildState = "succeeded"
	BuildFailed    BuildState = "failed"
	BuildCancelled BuildState = "cancelled"
)

// Ended reports whether the state is final.
func (s BuildState) Ended() bool {
	return s == BuildSucceeded || s == BuildFailed || s == BuildCancelled
}

// Indexes of builds.
const (
	BuildBySite     = "site"
	BuildByInstance = "instance"
	BuildByState    = "state"
)

// Key implements Record.
func (b Build) Key() string { return string(b.ID) }

// InstanceID implements OfInstance.
func (b Build) InstanceID() ID[Instance] { return b.Instance }

// Indexes implements Record.
func (b Build) Indexes() []Index {
	return []Index{
		{Name: BuildBySite, Value: string(b.Site)},
		{Name: BuildByInstance, Value: string(b.Instance)},
		{Name: BuildByState, Value: string(b.State)},
	}
}

// Artifact is what a build made and an engine can run. The zero value is none.
type Artifact struct {
	Ref  string // for the engine that made it: a directory's name, an image's reference
	Size int64  // bytes
}
