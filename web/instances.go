package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) instanceRoutes() []route {
	return []route{
		show("/v2/instances/", "The instances that one may see", listInstances).asks("site", "only those of this site, by its url"),
		show("/v2/instances/find/", "The instance of a label", findInstance).needs("site", "the url of its site", "label", "the label"),
		create("/v2/instances/", "Make an instance", createInstance),
		show("/v2/instances/:id/", "One instance", showInstance),
		logOf("/v2/instances/:id/access/log/", "A line for each request that the router answered", accessLog),
		erase("/v2/instances/:id/", "Delete an instance with all that it has", deleteInstance),
	}
}

// instance reads the present state of an instance.
func (c *call) instance(i app.Instance) (api.Instance, error) {
	status, err := c.App.Status(c.ctx(), c.who, i.ID)
	if err != nil {
		return api.Instance{}, err
	}
	return api.Instance{
		Site: refer(c, "sites", i.Site), Label: i.Label, Kind: i.Kind,
		State: status.State, WebURL: status.WebURL, URL: refer(c, "instances", i.ID),
	}, nil
}

func listInstances(c *call) ([]api.Instance, error) {
	site, err := asked[app.Site](c, "site", "sites")
	if err != nil {
		return nil, err
	}
	instances, err := c.App.Instances(c.ctx(), c.who, site)
	return each(instances, err, c.instance)
}

func findInstance(c *call) (api.Instance, error) {
	label, err := c.needed("label")
	if err != nil {
		return api.Instance{}, err
	}
	site, err := mustAsk[app.Site](c, "site", "sites")
	if err != nil {
		return api.Instance{}, err
	}
	instances, err := c.App.Instances(c.ctx(), c.who, site)
	found, err := find(instances, err, "instance", func(i app.Instance) bool { return i.Label == label })
	if err != nil {
		return api.Instance{}, err
	}
	return c.instance(found)
}

func createInstance(c *call, in api.NewInstance) (api.Instance, error) {
	site, err := required[app.Site](c, "site", "sites", in.Site)
	if err != nil {
		return api.Instance{}, err
	}
	instance, err := c.App.CreateInstance(c.ctx(), c.who, app.NewInstance{Site: site, Label: in.Label, Kind: in.Kind})
	if err != nil {
		return api.Instance{}, err
	}
	return c.instance(instance)
}

func showInstance(c *call) (api.Instance, error) {
	id, err := given[app.Instance](c, "instance")
	if err != nil {
		return api.Instance{}, err
	}
	instance, err := c.App.Instance(c.ctx(), c.who, id)
	if err != nil {
		return api.Instance{}, err
	}
	return c.instance(instance)
}

func deleteInstance(c *call) error {
	id, err := given[app.Instance](c, "instance")
	if err != nil {
		return err
	}
	return c.App.DeleteInstance(c.ctx(), c.who, id)
}

func accessLog(c *call, q app.LogQuery) (lines, error) {
	id, err := given[app.Instance](c, "instance")
	if err != nil {
		return nil, err
	}
	if _, err := c.App.Instance(c.ctx(), c.who, id); err != nil {
		return nil, err
	}
	return c.App.AccessLog(c.ctx(), c.who, id, q), nil
}
