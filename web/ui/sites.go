package ui

import (
	"cmp"
	"net/http"
	"slices"

	"gondor/app"
)

// sitesView is the list of sites.
type sitesView struct {
	Sites  []siteRow
	Groups []app.ResourceGroup // in which who looks may make a site
	Own    app.ID[app.ResourceGroup]
}

// siteRow is one site with its instances as they are now.
type siteRow struct {
	app.Site
	Group     string
	Instances []instanceRow
}

func (d *dashboard) siteRoutes(mux *http.ServeMux) {
	mux.Handle("GET /{$}", d.private(d.sitesPage))
	mux.Handle("POST /sites", d.private(d.createSite))
}

func (d *dashboard) sitesPage(c *call) error { return d.showSites(c, http.StatusOK, form{}) }

func (d *dashboard) showSites(c *call, status int, sent form) error {
	view, err := d.sites(c)
	if err != nil {
		return err
	}
	return d.showAs(c, status, "sites", page{Title: "Sites", Place: "sites", Events: "/events", View: view, Form: sent})
}

func (d *dashboard) sites(c *call) (sitesView, error) {
	groups, err := d.app.Groups(c.Context(), c.who)
	if err != nil {
		return sitesView{}, err
	}
	names := map[app.ID[app.ResourceGroup]]string{}
	for _, group := range groups {
		names[group.ID] = group.Name
	}
	sites, err := d.app.Sites(c.Context(), c.who, "")
	if err != nil {
		return sitesView{}, err
	}
	var view sitesView
	if view.Groups, view.Own, err = d.groupsForSites(c, groups); err != nil {
		return view, err
	}
	for _, site := range sites {
		instances, err := d.instanceRows(c, site.ID)
		if err != nil {
			return sitesView{}, err
		}
		view.Sites = append(view.Sites, siteRow{Site: site, Group: names[site.Group], Instances: instances})
	}
	slices.SortStableFunc(view.Sites, func(a, b siteRow) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return view, nil
}

// groupsForSites returns those of the groups in which who looks may make a site, and which
// is their own.
func (d *dashboard) groupsForSites(c *call, groups []app.ResourceGroup) (may []app.ResourceGroup, own app.ID[app.ResourceGroup], err error) {
	err = d.app.Store.View(c.Context(), func(r app.Reader) error {
		for _, group := range groups {
			err := app.Authorize(r, c.who, app.ActionManage, app.Resource{Group: group.ID}, "resource group")
			switch app.CodeOf(err) {
			case "":
				may = append(may, group)
			case app.CodeForbidden, app.CodeNotFound:
			default:
				return err
			}
			if group.Personal == c.who.User {
				own = group.ID
			}
		}
		return nil
	})
	return may, own, err
}

// statuses are those of a site's instances; one that was deleted meanwhile is left out.
func (d *dashboard) statuses(c *call, site app.ID[app.Site]) ([]app.InstanceStatus, error) {
	instances, err := d.app.Instances(c.Context(), c.who, site)
	if app.IsNotFound(err) {
		return nil, nil
	}
	var all []app.InstanceStatus
	for _, instance := range instances {
		status, failed := d.app.Status(c.Context(), c.who, instance.ID)
		switch {
		case failed == nil:
			all = append(all, status)
		case !app.IsNotFound(failed):
			return nil, failed
		}
	}
	return all, err
}

func (d *dashboard) createSite(c *call) error {
	sent, err := c.read("site", "name", "resource_group")
	if err != nil {
		return err
	}
	site, err := d.app.CreateSite(c.Context(), c.who, app.NewSite{
		Group: app.ID[app.ResourceGroup](sent.Values["resource_group"]), Name: sent.Values["name"],
	})
	if err != nil {
		return d.refuse(c, sent, err, d.showSites)
	}
	return d.done(c, "/sites/"+string(site.ID), site.Name+" has been made. Give it an instance.")
}
