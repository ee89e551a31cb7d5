package app

// ServiceState is what the API tells of a service. It is derived, never stored:
//
//	new ──deploy──▶ deploying ──all of the release healthy──▶ running ◀──▶ unhealthy
//	                   │                                        │  ▲
//	                   └──the release fails──▶ failed           ▼  │
//	                                             ▲          restarting
//	                                             └──the restart fails──┘
//
// stopped stands in for running while a deployed service is scaled to 0. After failed
// the service goes on with the release it had before, if any: its release field names
// that one, and the next deploy, rollback, restart or configuration change leaves failed.
type ServiceState string

// The states of a service.
const (
	ServiceNew        ServiceState = "new"        // it never had a release
	ServiceDeploying  ServiceState = "deploying"  // it is on its way to a release
	ServiceRestarting ServiceState = "restarting" // its replicas are being replaced in the same release
	ServiceRunning    ServiceState = "running"    // at least one replica is healthy, and the last deploy succeeded
	ServiceUnhealthy  ServiceState = "unhealthy"  // its release was deployed, but no replica is healthy now
	ServiceStopped    ServiceState = "stopped"    // scaled to 0
	ServiceFailed     ServiceState = "failed"     // its last deploy or restart failed; what ran before runs on
)

// ServiceStatus is a service with what is known of it at this moment.
type ServiceStatus struct {
	Service
	State    ServiceState
	Message  string    // why, in the states unhealthy and failed
	Release  *Release  // the one it runs, nil before its first
	Replicas []Replica // what the engine has, newest release first
}

// InstanceStatus is an instance with what is known of it at this moment.
type InstanceStatus struct {
	Instance
	Site     Site
	Group    ResourceGroup
	WebURL   string       // where its web service is reached
	State    ServiceState // the most pressing of its services' states
	Services []ServiceStatus
}

// restarting reports whether replicas of a newer restart count are to take over.
func (s Service) restarting() bool { return s.Restart != s.Running && s.Restart != s.GaveUp }
