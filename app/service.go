package app

import (
	"context"
	"strings"
	"time"
)

// Service is one part of an instance: a process type that stays up, or a datastore.
// The web service called web takes the requests of the instance's hosts, or else the
// oldest web service.
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
	// Restarted is when Restart was last raised.
	Restarted time.Time
	// GaveUp is the restart count whose replicas did not become healthy, and Fault says
	// why; zero and empty when the last restart or resize did not fail.
	GaveUp  int
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

// NewService is what CreateService is asked for.
type NewService struct {
	Instance ID[Instance]
	Name     string
	Kind     ServiceKind
	Size     string // empty for DefaultSize, or the smallest where that is not offered
	Replicas *int   // nil for 1
}

// check says whether such a service can be, whatever its instance has.
func (n NewService) check() error {
	if err := CheckProcessType("name", n.Name); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(n.Name, "-"):
		return Invalid("name", "%q begins with a hyphen, which commands take for an option; use a name such as %q", n.Name, "web")
	case n.Name == ReleaseProcess:
		return Invalid("name", "the process type %q runs once per release and can't be a service", n.Name)
	case n.Name == RouterName:
		return Invalid("name", "a service can't be called %q: under that name one reads what the router answered; use another, such as %q", n.Name, "proxy")
	}
	if err := n.Kind.Check(); err != nil {
		return err
	}
	return checkReplicas(n.replicas())
}

func (n NewService) replicas() int {
	if n.Replicas == nil {
		return 1
	}
	return *n.Replicas
}

func checkReplicas(replicas int) error {
	if replicas < 0 || replicas > MaxReplicas {
		return Invalid("replicas", "%d replicas can't be; use 0 to stop the service, or up to %d", replicas, MaxReplicas)
	}
	return nil
}

// Services lists the services of an instance.
func (a *App) Services(ctx context.Context, who Actor, instance ID[Instance]) ([]Service, error) {
	var services []Service
	err := a.read(ctx, func(r Reader) error {
		if _, _, err := instanceFor(r, who, ActionView, instance); err != nil {
			return err
		}
		found, err := gather(r.Services().By(ServiceByInstance, string(instance)), every[Service])
		services = found
		return err
	})
	return services, err
}

// Service returns one service.
func (a *App) Service(ctx context.Context, who Actor, id ID[Service]) (Service, error) {
	var service Service
	err := a.read(ctx, func(r Reader) (err error) {
		service, _, _, err = serviceFor(r, who, ActionView, id)
		return err
	})
	return service, err
}
