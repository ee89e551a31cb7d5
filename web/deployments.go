package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) deploymentRoutes() []route {
	return []route{
		show("/v2/deployments/", "The deployments that one may see", listDeployments).
			asks("site", "only those of this site, by its url", "instance", "only those of this instance, by its url"),
		create("/v2/deployments/", "Move one service to a build", createDeployment),
		show("/v2/deployments/:id/", "One deployment", showDeployment),
	}
}

func (c *call) deployment(d app.Deployment) (api.Deployment, error) {
	creator, err := c.person(d.Creator)
	return api.Deployment{
		Service: refer(c, "services", d.Service), Build: refer(c, "builds", d.Build), Release: refer(c, "releases", d.Release),
		Creator: creator.Name, Created: d.Created, URL: refer(c, "deployments", d.ID),
	}, err
}

func listDeployments(c *call) ([]api.Deployment, error) {
	site, err := asked[app.Site](c, "site", "sites")
	if err != nil {
		return nil, err
	}
	instance, err := asked[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	deployments, err := c.App.Deployments(c.ctx(), c.who, app.DeploymentFilter{Site: site, Instance: instance})
	return each(deployments, err, c.deployment)
}

func createDeployment(c *call, in api.NewDeployment) (api.Deployment, error) {
	service, err := required[app.Service](c, "service", "services", in.Service)
	if err != nil {
		return api.Deployment{}, err
	}
	build, err := required[app.Build](c, "build", "builds", in.Build)
	if err != nil {
		return api.Deployment{}, err
	}
	deployment, err := c.App.CreateDeployment(c.ctx(), c.who, app.NewDeployment{Service: service, Build: build})
	if err != nil {
		return api.Deployment{}, err
	}
	return c.deployment(deployment)
}

func showDeployment(c *call) (api.Deployment, error) {
	id, err := given[app.Deployment](c, "deployment")
	if err != nil {
		return api.Deployment{}, err
	}
	deployment, err := c.App.Deployment(c.ctx(), c.who, id)
	if err != nil {
		return api.Deployment{}, err
	}
	return c.deployment(deployment)
}
