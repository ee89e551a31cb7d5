package web

import (
	"slices"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) siteRoutes() []route {
	return []route{
		show("/v2/sites/", "The sites that one may see", listSites).asks("resource_group", "only those of this group, by its url"),
		show("/v2/sites/find/", "The site of a name", findSite).needs("name", "the name").asks("resource_group", "the url of its group; one's own goes before others"),
		create("/v2/sites/", "Make a site", createSite),
		show("/v2/sites/:id/", "One site", showSite),
		erase("/v2/sites/:id/", "Delete a site with all that it has", deleteSite),
	}
}

func (c *call) site(s app.Site) (api.Site, error) {
	return api.Site{
		Name: s.Name, Key: string(s.ID),
		ResourceGroup: refer(c, "resource_groups", s.Group), URL: refer(c, "sites", s.ID),
	}, nil
}

func listSites(c *call) ([]api.Site, error) {
	group, err := asked[app.ResourceGroup](c, "resource_group", "resource_groups")
	if err != nil {
		return nil, err
	}
	sites, err := c.App.Sites(c.ctx(), c.who, group)
	return each(sites, err, c.site)
}

// findSite looks in the group that is named. Without one it takes the only site of that
// name that one may see, and of several the one of one's own group.
func findSite(c *call) (api.Site, error) {
	name, err := c.needed("name")
	if err != nil {
		return api.Site{}, err
	}
	sites, err := listSites(c)
	if err != nil {
		return api.Site{}, err
	}
	sites = slices.DeleteFunc(sites, func(s api.Site) bool { return s.Name != name })
	if len(sites) == 1 {
		return sites[0], nil
	}
	_, own, err := c.App.Me(c.ctx(), c.who)
	mine := refer(c, "resource_groups", own.ID)
	found, err := find(sites, err, "site", func(s api.Site) bool { return s.ResourceGroup == mine })
	if app.IsNotFound(err) && len(sites) > 1 {
		return api.Site{}, app.Invalid("resource_group", "is missing: several groups have a site called %q", name)
	}
	return found, err
}

func createSite(c *call, in api.NewSite) (api.Site, error) {
	group, err := referred[app.ResourceGroup](c, "resource_group", "resource_groups", in.ResourceGroup)
	if err != nil {
		return api.Site{}, err
	}
	site, err := c.App.CreateSite(c.ctx(), c.who, app.NewSite{Group: group, Name: in.Name})
	if err != nil {
		return api.Site{}, err
	}
	return c.site(site)
}

func showSite(c *call) (api.Site, error) {
	id, err := given[app.Site](c, "site")
	if err != nil {
		return api.Site{}, err
	}
	site, err := c.App.Site(c.ctx(), c.who, id)
	if err != nil {
		return api.Site{}, err
	}
	return c.site(site)
}

func deleteSite(c *call) error {
	id, err := given[app.Site](c, "site")
	if err != nil {
		return err
	}
	return c.App.DeleteSite(c.ctx(), c.who, id)
}
