package app

import "time"

// Service is one part of an instance: a process type that stays up, or a datastore.
type Service struct {
	ID       ID[Service]
	Instance ID[Instance]
	Name     string // unique in its instance; of a web or worker service: its process type
	Kind     ServiceKind
	Size     string // a name of Sizes
	Replicas int    // how many should run; 0 is stopped
	// Release is the one that it runs now, empty before its first. Only the reconciler
	// moves it, for all services of a release in one transaction.
	Release ID[Release]
	// Restart counts the restarts asked for; replicas of an older count are replaced.
	Restart int
	// Running is the restart count that serves now; it differs from Restart while new
	// replicas are becoming healthy.
	Running int
	// Fault says why the last restart or resize failed, empty when it did not.
	Fault   string
	Created time.Time
}

// ServiceKind says what a service is.
type ServiceKind string

// The kinds of services.
const (
	Web        ServiceKind = "web"
	Worker     ServiceKind = "worker"
	PostgreSQL ServiceKind = "postgresql"
	Redis      ServiceKind = "redis"
)

// Check says whether the kind is one that can be made.
func (k ServiceKind) Check() error {
	switch k {
	case Web, Worker:
		return nil
	case PostgreSQL, Redis:
		return Invalid("kind", "a service of kind %s can't be made by this engine; set DATABASE_URL or REDIS_URL to one that runs elsewhere", string(k))
	}
	return Invalid("kind", "%q is not a kind of service; use web or worker", string(k))
}

// MaxReplicas is the most replicas that one service may have.
const MaxReplicas = 100

// Indexes of services.
const (
	ServiceByInstance = "instance"
	ServiceByName     = "name" // unique, "INSTANCE-ID/NAME"
)

// Key implements Record.
func (s Service) Key() string { return string(s.ID) }

// InstanceID implements OfInstance.
func (s Service) InstanceID() ID[Instance] { return s.Instance }

// Indexes implements Record.
func (s Service) Indexes() []Index {
	return []Index{
		{Name: ServiceByInstance, Value: string(s.Instance)},
		{Name: ServiceByName, Value: string(s.Instance) + "/" + s.Name, Unique: true},
	}
}
