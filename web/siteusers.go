package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) siteUserRoutes() []route {
	return []route{
		show("/v2/site_users/", "The users of a site", listSiteUsers).needs("site", "its url"),
		create("/v2/site_users/", "Give a user a role in a site", addSiteUser),
		erase("/v2/site_users/:id/", "Take a user's role in a site away", removeSiteUser),
	}
}

func (c *call) siteUser(u app.SiteUser) (api.SiteUser, error) {
	person, err := c.person(u.User)
	return api.SiteUser{
		Site: refer(c, "sites", u.Site), Username: person.Name, Email: person.Email,
		Role: u.Role, URL: refer(c, "site_users", u.ID),
	}, err
}

func listSiteUsers(c *call) ([]api.SiteUser, error) {
	site, err := mustAsk[app.Site](c, "site", "sites")
	if err != nil {
		return nil, err
	}
	users, err := c.App.SiteUsers(c.ctx(), c.who, site)
	return each(users, err, c.siteUser)
}

func addSiteUser(c *call, in api.NewSiteUser) (api.SiteUser, error) {
	site, err := required[app.Site](c, "site", "sites", in.Site)
	if err != nil {
		return api.SiteUser{}, err
	}
	user, err := c.App.AddSiteUser(c.ctx(), c.who, app.NewSiteUser{
		Site: site, Username: in.Username, Email: in.Email, Role: in.Role,
	})
	if err != nil {
		return api.SiteUser{}, err
	}
	return c.siteUser(user)
}

func removeSiteUser(c *call) error {
	id, err := given[app.SiteUser](c, "site user")
	if err != nil {
		return err
	}
	return c.App.RemoveSiteUser(c.ctx(), c.who, id)
}
