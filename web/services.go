package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) serviceRoutes() []route {
	return []route{
		show("/v2/services/", "The services that one may see", listServices).asks("instance", "only those of this instance, by its url"),
		show("/v2/services/find/", "The service of a name", findService).needs("instance", "the url of its instance", "name", "the name"),
		create("/v2/services/", "Make a service", createService),
		show("/v2/services/:id/", "One service", showService),
		change("/v2/services/:id/", "Restart, scale or resize a service", updateService),
		erase("/v2/services/:id/", "Delete a service", deleteService),
		logOf("/v2/services/:id/log/", "The lines that a service's replicas write", serviceLog),
	}
}

func (c *call) service(s app.ServiceStatus, webURL string) api.Service {
	wire := api.Service{
		Instance: refer(c, "instances", s.Instance), Name: s.Name, Kind: s.Kind, Size: s.Size,
		Replicas: s.Service.Replicas, DesiredReplicas: s.Service.Replicas,
		State: s.State, Message: s.Message, Env: map[string]string{}, Processes: []api.Replica{},
		URL: refer(c, "services", s.ID),
	}
	if s.Release != nil {
		wire.Release = s.Release.Number
	}
	if s.Kind == app.Web {
		wire.WebURL = &webURL
	}
	for _, r := range s.Replicas {
		wire.Processes = append(wire.Processes, replica(r))
		if r.State == app.ReplicaHealthy {
			wire.HealthyReplicas++
		}
	}
	return wire
}

func replica(r app.Replica) api.Replica {
	return api.Replica{
		ID: r.ID, Release: r.Ref.Release, State: r.State,
		Started: r.Started, Restarts: r.Restarts, Message: r.Message,
	}
}

// servicesOf reads the present state of an instance's services.
func (c *call) servicesOf(instance app.ID[app.Instance]) ([]api.Service, error) {
	status, err := c.App.Status(c.ctx(), c.who, instance)
	return each(status.Services, err, func(s app.ServiceStatus) (api.Service, error) {
		return c.service(s, status.WebURL), nil
	})
}

// serviceNow reads the present state of one service.
func (c *call) serviceNow(id app.ID[app.Service]) (api.Service, error) {
	status, err := c.App.ServiceStatus(c.ctx(), c.who, id)
	if err != nil {
		return api.Service{}, err
	}
	instance, err := c.App.Status(c.ctx(), c.who, status.Instance)
	if err != nil {
		return api.Service{}, err
	}
	return c.service(status, instance.WebURL), nil
}

func listServices(c *call) ([]api.Service, error) {
	one, err := asked[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	if one != "" {
		return c.servicesOf(one)
	}
	instances, err := c.App.Instances(c.ctx(), c.who, "")
	lists, err := each(instances, err, func(i app.Instance) ([]api.Service, error) { return c.servicesOf(i.ID) })
	all := []api.Service{}
	for _, list := range lists {
		all = append(all, list...)
	}
	return all, err
}

func findService(c *call) (api.Service, error) {
	name, err := c.needed("name")
	if err != nil {
		return api.Service{}, err
	}
	instance, err := mustAsk[app.Instance](c, "instance", "instances")
	if err != nil {
		return api.Service{}, err
	}
	services, err := c.servicesOf(instance)
	return find(services, err, "service", func(s api.Service) bool { return s.Name == name })
}

func createService(c *call, in api.NewService) (api.Service, error) {
	instance, err := required[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Service{}, err
	}
	if in.Version != "" && (in.Kind == app.Web || in.Kind == app.Worker) {
		return api.Service{}, app.Invalid("version", "only a datastore has a version; leave it away for a %s", in.Kind)
	}
	service, err := c.App.CreateService(c.ctx(), c.who, app.NewService{
		Instance: instance, Name: in.Name, Kind: in.Kind, Size: in.Size, Replicas: in.Replicas,
	})
	if err != nil {
		return api.Service{}, err
	}
	return c.serviceNow(service.ID)
}

func showService(c *call) (api.Service, error) {
	id, err := given[app.Service](c, "service")
	if err != nil {
		return api.Service{}, err
	}
	return c.serviceNow(id)
}

func updateService(c *call, in api.ServiceUpdate) (api.Service, error) {
	id, err := given[app.Service](c, "service")
	if err != nil {
		return api.Service{}, err
	}
	if err := c.update(id, in); err != nil {
		return api.Service{}, err
	}
	return c.serviceNow(id)
}

// update makes the one change that is asked for.
func (c *call) update(id app.ID[app.Service], in api.ServiceUpdate) (err error) {
	switch {
	case count(in.DesiredState != nil, in.DesiredReplicas != nil, in.Size != nil, in.Image != nil) > 1:
		return app.Invalid("", "change one of desired_state, desired_replicas and size at a time")
	case in.Image != nil:
		return app.Invalid("image", "can't be set: a service runs what a build has made; deploy a build")
	case in.DesiredReplicas != nil:
		_, err = c.App.Scale(c.ctx(), c.who, id, *in.DesiredReplicas)
	case in.Size != nil:
		_, err = c.App.Resize(c.ctx(), c.who, id, *in.Size)
	case in.DesiredState == nil:
		return app.Invalid("", "give one of desired_state, desired_replicas and size")
	case *in.DesiredState != api.Restarted:
		return app.Invalid("desired_state", "%q is not a state to ask for; use %q", *in.DesiredState, api.Restarted)
	default:
		_, err = c.App.Restart(c.ctx(), c.who, id)
	}
	return err
}

func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func deleteService(c *call) error {
	id, err := given[app.Service](c, "service")
	if err != nil {
		return err
	}
	return c.App.DeleteService(c.ctx(), c.who, id)
}

// endpoint says where a published session is joined.
func (c *call) endpoint(path string) api.Endpoint {
	return api.Endpoint{Endpoint: c.base(c.Request()).Host + EndpointsPrefix + path}
}

func serviceLog(c *call, q app.LogQuery) (lines, error) {
	id, err := given[app.Service](c, "service")
	if err != nil {
		return nil, err
	}
	if _, err := c.App.Service(c.ctx(), c.who, id); err != nil {
		return nil, err
	}
	return c.App.ServiceLog(c.ctx(), c.who, id, q), nil
}
