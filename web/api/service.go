package api

import (
	"time"

	"gondor/app"
)

// Service is one part of an instance.
type Service struct {
	Instance        Reference         `json:"instance"`
	Name            string            `json:"name"`
	Kind            app.ServiceKind   `json:"kind"`
	Image           *string           `json:"image"` // the artifact that it runs, null before its first release
	Size            string            `json:"size"`
	Replicas        int               `json:"replicas"`         // the same as desired_replicas
	DesiredReplicas int               `json:"desired_replicas"` // that should run; 0 is stopped
	HealthyReplicas int               `json:"healthy_replicas"`
	Network         *string           `json:"network"` // always null
	Volume          *string           `json:"volume"`  // always null
	State           app.ServiceState  `json:"state"`
	Message         string            `json:"message"` // why, in the states unhealthy and failed
	Release         int               `json:"release"` // the number of the one it runs, 0 before its first
	Env             map[string]string `json:"env"`     // empty: envvars has the variables
	WebURL          *string           `json:"web_url"` // of a web service
	Processes       []Replica         `json:"processes"`
	URL             Reference         `json:"url"`
}

// Replica is one running copy of a service.
type Replica struct {
	ID       string           `json:"id"`
	Release  int              `json:"release"`
	State    app.ReplicaState `json:"state"`
	Started  time.Time        `json:"started"`
	Restarts int              `json:"restarts"` // how often its process ended by itself
	Message  string           `json:"message"`
}

// NewService makes a service. Without replicas it has one, without a size the smallest.
type NewService struct {
	Instance  Reference       `json:"instance"`
	Name      string          `json:"name"`
	Kind      app.ServiceKind `json:"kind"`
	Version   string          `json:"version,omitempty"` // of a datastore
	Size      string          `json:"size,omitempty"`
	Replicas  *int            `json:"replicas,omitempty"`
	OpenPorts string          `json:"open_ports,omitempty"` // taken and not used: the router reaches a web service by PORT
}

// ServiceUpdate changes a service; a field that is nil is left as it is.
type ServiceUpdate struct {
	DesiredState    *string `json:"desired_state,omitempty"` // only Restarted
	DesiredReplicas *int    `json:"desired_replicas,omitempty"`
	Size            *string `json:"size,omitempty"`
	Image           *string `json:"image,omitempty"` // refused: images come from builds
}

// Restarted is the desired state that asks for a restart.
const Restarted = "restarted"
