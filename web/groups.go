package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) groupRoutes() []route {
	return []route{
		show("/v2/resource_groups/", "The resource groups that one may see", listGroups),
		show("/v2/resource_groups/find/", "The resource group of a name", findGroup).needs("name", "the name"),
		create("/v2/resource_groups/", "Make a team's resource group, for an admin", createGroup),
		show("/v2/resource_groups/:id/", "One resource group", showGroup),
		erase("/v2/resource_groups/:id/", "Delete a resource group without sites", deleteGroup),
	}
}

func (c *call) group(g app.ResourceGroup) api.ResourceGroup {
	return api.ResourceGroup{ID: g.Number, Name: g.Name, Personal: g.Personal != "", URL: refer(c, "resource_groups", g.ID)}
}

func listGroups(c *call) ([]api.ResourceGroup, error) {
	groups, err := c.App.Groups(c.ctx(), c.who)
	return each(groups, err, func(g app.ResourceGroup) (api.ResourceGroup, error) { return c.group(g), nil })
}

func findGroup(c *call) (api.ResourceGroup, error) {
	name, err := c.needed("name")
	if err != nil {
		return api.ResourceGroup{}, err
	}
	groups, err := listGroups(c)
	return find(groups, err, "resource group", func(g api.ResourceGroup) bool { return g.Name == name })
}

func createGroup(c *call, in api.NewResourceGroup) (api.ResourceGroup, error) {
	group, err := c.App.CreateGroup(c.ctx(), c.who, in.Name)
	if err != nil {
		return api.ResourceGroup{}, err
	}
	return c.group(group), nil
}

func showGroup(c *call) (api.ResourceGroup, error) {
	id, err := given[app.ResourceGroup](c, "resource group")
	if err != nil {
		return api.ResourceGroup{}, err
	}
	group, err := c.App.Group(c.ctx(), c.who, id)
	if err != nil {
		return api.ResourceGroup{}, err
	}
	return c.group(group), nil
}

func deleteGroup(c *call) error {
	id, err := given[app.ResourceGroup](c, "resource group")
	if err != nil {
		return err
	}
	return c.App.DeleteGroup(c.ctx(), c.who, id)
}
