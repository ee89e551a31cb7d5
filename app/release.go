package app

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Release is what runs together in an instance: one build, one set of environment
// variables, one set of process types.
type Release struct {
	ID       ID[Release]
	Instance ID[Instance]
	Number   int       // v1, v2, …, never reused
	Build    ID[Build] // empty while a change of configuration waits for its turn
	Creator  ID[User]
	Reason   string // why it was made: "deploy", "rollback to v3", "environment changed"
	// Services are the names of those that move to it.
	Services []string
	// RunPhase says whether the release process runs before anything switches.
	RunPhase bool
	// From is the release whose variables it takes instead of the present ones.
	From ID[Release]
	// Env are the variables that its processes get, those of the site and the instance
	// and, under a service's name, of that service; settled when its turn comes.
	Env        map[string]Sealed
	ServiceEnv map[string]map[string]Sealed
	Hosts      []string // the host names of the instance, settled at the same time
	State      ReleaseState
	Message    string // why it failed, with the last output and the next thing to do
	Created    time.Time
	NotBefore  time.Time // its turn does not come earlier, so that others can join it
	Started    time.Time // when its replicas began to start, zero before
	Ended      time.Time // when it switched, failed or was cancelled, zero before
}

// ReleaseState is where a release stands:
//
//	pending ──first in line──▶ preparing ──release phase done──▶ starting ──all healthy──▶ active
//	   │                          │                                 │                       │
//	   └──────────────────────────┴── failed, cancelled ◀───────────┘     the next one ──▶ retired
//
// Releases of one instance take their turns by number: one is pending until those
// before it have ended.
type ReleaseState string

// The states of a release.
const (
	ReleasePending   ReleaseState = "pending"   // waits for those before it
	ReleasePreparing ReleaseState = "preparing" // its release process runs
	ReleaseStarting  ReleaseState = "starting"  // its replicas are becoming healthy
	ReleaseActive    ReleaseState = "active"    // its services have switched to it
	ReleaseRetired   ReleaseState = "retired"   // no service runs it any more
	ReleaseFailed    ReleaseState = "failed"    // it never switched
	ReleaseCancelled ReleaseState = "cancelled" // somebody ended it before it switched
)

// Moving reports whether the release is still on its way.
func (s ReleaseState) Moving() bool {
	return s == ReleasePending || s == ReleasePreparing || s == ReleaseStarting
}

// Ran reports whether services have switched to the release, then or now.
func (s ReleaseState) Ran() bool { return s == ReleaseActive || s == ReleaseRetired }

// Indexes of releases.
const (
	ReleaseByInstance = "instance"
	ReleaseByNumber   = "number" // see numbered
	ReleaseByBuild    = "build"
	ReleaseMoving     = "moving" // of an instance, those on their way
	ReleaseServing    = "active" // of an instance, the active ones
)

// event is what the feed tells of the release when it has switched, failed or was cancelled.
func (r Release) event() Event {
	e := Event{Instance: r.Instance, Kind: EventRelease, By: r.Creator, About: r.Key()}
	switch r.State {
	case ReleaseFailed:
		e.Warning, e.Text = true, fmt.Sprintf("v%d failed: %s", r.Number, firstLine(r.Message))
	case ReleaseCancelled:
		e.Text = fmt.Sprintf("v%d was cancelled: %s", r.Number, firstLine(r.Message))
	default:
		e.Text = fmt.Sprintf("v%d is active: %s.", r.Number, r.Reason)
	}
	return e
}

// alert tells of a release that failed.
func (r Release) alert() Alert {
	title := fmt.Sprintf("The deploy of v%d failed.", r.Number)
	return Alert{Instance: r.Instance, Kind: AlertDeploy, On: string(r.Instance), Title: title, Text: r.Message}
}

// firstLine is how a message for people begins.
func firstLine(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	return strings.TrimSpace(line)
}

// has reports whether the service of that name moves to the release.
func (r Release) has(service string) bool { return slices.Contains(r.Services, service) }

// Key implements Record.
func (r Release) Key() string { return string(r.ID) }

// InstanceID implements OfInstance.
func (r Release) InstanceID() ID[Instance] { return r.Instance }

// Indexes implements Record.
func (r Release) Indexes() []Index {
	return []Index{
		{Name: ReleaseByInstance, Value: string(r.Instance)},
		{Name: ReleaseByNumber, Value: numberOf(r.Instance, r.Number)},
		{Name: ReleaseByBuild, Value: string(r.Build)},
		{Name: ReleaseMoving, Value: indexedWhile(r.State.Moving(), r.Instance)},
		{Name: ReleaseServing, Value: indexedWhile(r.State == ReleaseActive, r.Instance)},
	}
}
