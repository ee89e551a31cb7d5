package app

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"sync"
)

// routes is the table of the hosts of all instances, made from the store and from what
// the engine told. It is safe for concurrent use.
type routes struct {
	mu        sync.Mutex
	instances map[ID[Instance]][]Route
	tell      map[int]func(RouteChange)
	next      int
}

func newRoutes() *routes {
	return &routes{instances: map[ID[Instance]][]Route{}, tell: map[int]func(RouteChange){}}
}

// Routes implements RouteSource for an engine that has no routes of its own.
func (a *App) Routes(ctx context.Context, fn func(RouteChange)) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-a.ready:
	}
	stop := a.routes.subscribe(fn)
	<-ctx.Done()
	stop()
	return ctx.Err()
}

func (t *routes) subscribe(fn func(RouteChange)) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, list := range t.instances {
		for _, route := range list {
			fn(RouteChange{Route: route})
		}
	}
	fn(RouteChange{Synced: true})
	id := t.next
	t.next++
	t.tell[id] = fn
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.tell, id)
	}
}

// replace puts an instance's routes in force: when it has returned, everybody who
// follows the routes has taken the changes.
func (t *routes) replace(instance ID[Instance], list []Route) {
	t.mu.Lock()
	defer t.mu.Unlock()
	gone := map[string]Route{}
	for _, route := range t.instances[instance] {
		gone[route.Host] = route
	}
	for _, route := range list {
		if old, known := gone[route.Host]; !known || !reflect.DeepEqual(old, route) {
			t.send(RouteChange{Route: route})
		}
		delete(gone, route.Host)
	}
	for host := range maps.Keys(gone) {
		t.send(RouteChange{Route: Route{Host: host}, Removed: true})
	}
	t.instances[instance] = list
	if len(list) == 0 {
		delete(t.instances, instance)
	}
}

func (t *routes) send(change RouteChange) {
	for _, fn := range t.tell {
		fn(change)
	}
}

// refreshRoutes makes the routes of one instance anew. It takes turns with itself, so
// that an older view of an instance never replaces a newer one.
func (a *App) refreshRoutes(ctx context.Context, id ID[Instance]) error {
	a.refresh.Lock()
	defer a.refresh.Unlock()
	var list []Route
	err := a.read(ctx, func(r Reader) error {
		instance, err := r.Instances().Get(id)
		if IsNotFound(err) || (err == nil && !instance.Deleted.IsZero()) {
			return nil
		}
		if err != nil {
			return err
		}
		list, err = a.routesOf(r, instance)
		return err
	})
	if err != nil {
		return fmt.Errorf("make the routes of instance %s: %w", id, err)
	}
	a.routes.replace(id, list)
	return nil
}

func (a *App) routesOf(r Reader, instance Instance) ([]Route, error) {
	hosts, err := hostsOf(r, instance)
	if err != nil {
		return nil, err
	}
	service, err := frontService(r, instance)
	if err != nil && !IsNotFound(err) {
		return nil, err
	}
	route, err := a.front(r, service)
	if err != nil {
		return nil, err
	}
	route.Site, route.Instance, route.Service = instance.Site, instance.ID, service.Name
	list := make([]Route, len(hosts))
	for i, host := range hosts {
		list[i] = route
		list[i].Host = host
	}
	return list, nil
}

// frontService is the web service that an instance's hosts reach: the one called web,
// or else the oldest. CodeNotFound when it has none.
func frontService(r Reader, instance Instance) (Service, error) {
	var front Service
	for service, err := range r.Services().By(ServiceByInstance, string(instance.ID)) {
		if err != nil {
			return Service{}, err
		}
		if service.Kind == Web && (front.ID == "" || service.Name == "web") {
			front = service
		}
	}
	if front.ID == "" {
		return Service{}, NotFound("web service")
	}
	return front, nil
}

// front is where the requests of a service go, and what to tell people when nothing
// takes them.
func (a *App) front(r Reader, service Service) (Route, error) {
	switch {
	case service.ID == "":
		return Route{Notice: "This instance has no web service."}, nil
	case service.Release == "":
		return Route{Notice: "Nothing has been deployed here yet."}, nil
	}
	release, err := r.Releases().Get(service.Release)
	if err != nil {
		return Route{}, err
	}
	ref := currentRef(service, release)
	if service.Replicas == 0 {
		return Route{Notice: "This site is stopped.", Workload: ref}, nil
	}
	replicas, _ := a.state.replicas(ref)
	draining, err := a.draining(r, service, release)
	return Route{Backends: pick(replicas), Others: draining, Notice: "This site is not answering right now.", Workload: ref}, err
}

// draining are the healthy replicas that serve on though they have been replaced.
func (a *App) draining(r Reader, service Service, runs Release) ([]Backend, error) {
	replaced, err := a.replaced(r, service, runs)
	var backends []Backend
	for _, one := range replaced {
		replicas, _ := a.state.replicas(one.ref)
		backends = append(backends, in(ReplicaHealthy, replicas)...)
	}
	return backends, err
}

// pick takes the healthy replicas; without any, those that may still answer, so that a
// failing health check never takes a whole site away.
func pick(replicas []Replica) []Backend {
	for _, state := range []ReplicaState{ReplicaHealthy, ReplicaUnhealthy, ReplicaStarting} {
		if backends := in(state, replicas); len(backends) > 0 {
			return backends
		}
	}
	return nil
}

// in are the replicas in a state that have an address.
func in(state ReplicaState, replicas []Replica) []Backend {
	var backends []Backend
	for _, replica := range replicas {
		if replica.State == state && replica.Address != "" {
			backends = append(backends, Backend{Replica: replica.ID, Address: replica.Address})
		}
	}
	return backends
}
