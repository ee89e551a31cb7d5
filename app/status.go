package app

import (
	"context"
	"fmt"
	"slices"
)

// Status returns an instance with its services as they are at this moment.
func (a *App) Status(ctx context.Context, who Actor, id ID[Instance]) (InstanceStatus, error) {
	var status InstanceStatus
	err := a.read(ctx, func(r Reader) error {
		instance, site, err := instanceFor(r, who, ActionView, id)
		if err != nil {
			return err
		}
		group, err := r.Groups().Get(site.Group)
		if err != nil {
			return err
		}
		status = InstanceStatus{Instance: instance, Site: site, Group: group, WebURL: a.urlOf(instance.Domain)}
		services, err := gather(r.Services().By(ServiceByInstance, string(id)), every[Service])
		if err != nil {
			return err
		}
		for _, service := range services {
			one, err := a.statusOf(r, service)
			if err != nil {
				return err
			}
			status.Services = append(status.Services, one)
		}
		status.State = mostPressing(status.Services)
		return nil
	})
	return status, err
}

// ServiceStatus returns a service as it is at this moment.
func (a *App) ServiceStatus(ctx context.Context, who Actor, id ID[Service]) (ServiceStatus, error) {
	var status ServiceStatus
	err := a.read(ctx, func(r Reader) error {
		service, _, _, err := serviceFor(r, who, ActionView, id)
		if err != nil {
			return err
		}
		status, err = a.statusOf(r, service)
		return err
	})
	return status, err
}

// mostPressing is the state that says most about an instance: that of the service
// that needs somebody's eye first.
func mostPressing(services []ServiceStatus) ServiceState {
	order := []ServiceState{
		ServiceFailed, ServiceUnhealthy, ServiceDeploying, ServiceRestarting, ServiceRunning, ServiceStopped, ServiceNew,
	}
	best := len(order) - 1
	for _, service := range services {
		best = min(best, slices.Index(order, service.State))
	}
	return order[best]
}

func (a *App) statusOf(r Reader, service Service) (ServiceStatus, error) {
	status := ServiceStatus{Service: service}
	newest, moved, err := newestOf(r, service)
	if err != nil {
		return status, err
	}
	if service.Release != "" {
		runs, err := r.Releases().Get(service.Release)
		if err != nil {
			return status, err
		}
		status.Release = &runs
	}
	if status.Replicas, err = a.replicasOf(r, service, status.Release); err != nil {
		return status, err
	}
	status.State, status.Message = a.stateOf(status, newest, moved)
	return status, nil
}

// replicasOf are the replicas of a service, newest release first. Those that linger are told
// as draining: they are about to stop.
func (a *App) replicasOf(r Reader, service Service, runs *Release) ([]Replica, error) {
	var leaving []replacement
	if runs != nil {
		var err error
		if leaving, err = a.replaced(r, service, *runs); err != nil {
			return nil, err
		}
	}
	var all []Replica
	for _, ref := range a.state.refs(service.Instance) {
		if ref.Service != service.Name {
			continue
		}
		replicas, _ := a.state.replicas(ref)
		if slices.ContainsFunc(leaving, func(one replacement) bool { return one.ref == ref }) {
			for i := range replicas {
				replicas[i].State = ReplicaDraining
			}
		}
		all = append(all, replicas...)
	}
	return all, nil
}

// newestOf is the newest release that the service was to move to, if any.
func newestOf(r Reader, service Service) (Release, bool, error) {
	instance, err := r.Instances().Get(service.Instance)
	if err != nil {
		return Release{}, false, err
	}
	for release, err := range newestFirst(r, instance) {
		if err != nil || release.has(service.Name) && release.State != ReleaseCancelled {
			return release, err == nil, err
		}
	}
	return Release{}, false, nil
}

// stateOf follows the picture at ServiceState.
func (a *App) stateOf(s ServiceStatus, newest Release, moved bool) (ServiceState, string) {
	switch {
	case moved && newest.State.Moving():
		return ServiceDeploying, ""
	case moved && s.missed(newest):
		return ServiceFailed, newest.Message
	case s.Release == nil:
		return ServiceNew, ""
	case s.Fault != "":
		return ServiceFailed, s.Fault
	case s.restarting():
		return ServiceRestarting, ""
	case s.Service.Replicas == 0:
		return ServiceStopped, ""
	}
	return a.health(s.Service, *s.Release)
}

// missed reports whether the service never came to the release, and nobody has restarted
// what it runs since.
func (s ServiceStatus) missed(newest Release) bool {
	if s.Release == nil {
		return true
	}
	return newest.Number > s.Release.Number && !s.Restarted.After(newest.Ended)
}

func (a *App) health(service Service, release Release) (ServiceState, string) {
	replicas, _ := a.state.replicas(currentRef(service, release))
	message := "No replica is running yet."
	for _, replica := range replicas {
		if replica.State == ReplicaHealthy {
			return ServiceRunning, ""
		}
		message = fmt.Sprintf("%s is %s: %s", replica.ID, replica.State, replica.Message)
	}
	return ServiceUnhealthy, message
}
