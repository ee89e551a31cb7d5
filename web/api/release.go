package api

import (
	"time"

	"gondor/app"
)

// Release is what runs together in an instance.
type Release struct {
	Instance Reference        `json:"instance"`
	Number   int              `json:"number"`
	Build    Reference        `json:"build"`
	Ref      string           `json:"ref"` // the build's
	SHA      string           `json:"sha"` // the build's
	Services []string         `json:"services"`
	Reason   string           `json:"reason"`
	Creator  string           `json:"creator"` // a user's name
	State    app.ReleaseState `json:"state"`
	Message  string           `json:"message"` // why it failed
	Created  time.Time        `json:"created"`
	Ended    *time.Time       `json:"ended"`
	URL      Reference        `json:"url"`
}

// NewRelease moves services of an instance to a build, all or none of them. Without
// services it is every service whose process type the build has.
type NewRelease struct {
	Instance Reference `json:"instance"`
	Build    Reference `json:"build"`
	Services []string  `json:"services,omitempty"`
}

// NewRollback makes a new release from an old one's build.
type NewRollback struct {
	Instance Reference `json:"instance"`
	To       int       `json:"to,omitempty"`       // 0 is the one before
	WithEnv  bool      `json:"with_env,omitempty"` // with the old one's variables too
}

// Deployment is the move of one service to a release.
type Deployment struct {
	Service Reference `json:"service"`
	Build   Reference `json:"build"`
	Release Reference `json:"release"`
	Creator string    `json:"creator"` // a user's name
	Created time.Time `json:"created"`
	URL     Reference `json:"url"`
}

// NewDeployment moves one service to a build. It joins the release of the same build
// and configuration while that is on its way.
type NewDeployment struct {
	Service Reference `json:"service"`
	Build   Reference `json:"build"`
}
