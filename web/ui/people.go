package ui

import (
	"net/http"

	"gondor/app"
)

// personRow is somebody who has a role in a site.
type personRow struct {
	Name     string
	Email    string
	Role     app.Role
	ByGroup  bool // as a member of its group; else as a user of the site
	SiteUser app.ID[app.SiteUser]
}

func (d *dashboard) peopleRoutes(mux *http.ServeMux) {
	mux.Handle("POST /sites/{site}/people", d.private(d.addPerson))
	mux.Handle("POST /sites/{site}/people/{person}/remove", d.private(d.removePerson))
}

// people lists who has a role in a site: the members of its group, where who looks may
// see them, then the users of the site.
func (d *dashboard) people(c *call, site app.Site) ([]personRow, error) {
	members, err := d.app.Members(c.Context(), c.who, site.Group)
	if err != nil && !app.IsNotFound(err) {
		return nil, err
	}
	users, err := d.app.SiteUsers(c.Context(), c.who, site.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]app.ID[app.User], 0, len(members)+len(users))
	for _, member := range members {
		ids = append(ids, member.User)
	}
	for _, user := range users {
		ids = append(ids, user.User)
	}
	known, err := d.app.People(c.Context(), c.who, ids...)
	rows := make([]personRow, 0, len(ids))
	for _, member := range members {
		rows = append(rows, personRow{Name: known[member.User].Name, Email: known[member.User].Email, Role: member.Role, ByGroup: true})
	}
	for _, user := range users {
		rows = append(rows, personRow{Name: known[user.User].Name, Email: known[user.User].Email, Role: user.Role, SiteUser: user.ID})
	}
	return rows, err
}

func (d *dashboard) addPerson(c *call) error {
	sent, err := c.read("person", "username", "role")
	if err != nil {
		return err
	}
	_, err = d.app.AddSiteUser(c.Context(), c.who, app.NewSiteUser{
		Site: siteID(c), Username: sent.Values["username"], Role: app.Role(sent.Values["role"]),
	})
	if err != nil {
		return d.refuse(c, sent, err, d.showSite)
	}
	return d.done(c, sitePath(siteID(c)), sent.Values["username"]+" is now a "+sent.Values["role"]+" of this site.")
}

func (d *dashboard) removePerson(c *call) error {
	if _, err := d.app.Site(c.Context(), c.who, siteID(c)); err != nil {
		return err
	}
	if err := d.app.RemoveSiteUser(c.Context(), c.who, app.ID[app.SiteUser](c.PathValue("person"))); err != nil {
		return err
	}
	return d.done(c, sitePath(siteID(c)), "The person has no role of their own in this site any more.")
}
