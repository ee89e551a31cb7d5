package ui

import (
	"net/http"

	"gondor/app"
)

// siteView is the page of one site.
type siteView struct {
	Site      app.Site
	Group     app.ResourceGroup
	May       powers
	Instances []instanceRow
	People    []personRow
	Kinds     []app.InstanceKind
	Roles     []app.Role
}

func (d *dashboard) oneSiteRoutes(mux *http.ServeMux) {
	mux.Handle("GET /sites/{site}", d.private(d.sitePage))
	mux.Handle("POST /sites/{site}/instances", d.private(d.createInstance))
	mux.Handle("POST /sites/{site}/delete", d.private(d.deleteSite))
}

func siteID(c *call) app.ID[app.Site] { return app.ID[app.Site](c.PathValue("site")) }

func sitePath(id app.ID[app.Site]) string { return "/sites/" + string(id) }

func (d *dashboard) sitePage(c *call) error { return d.showSite(c, http.StatusOK, form{}) }

func (d *dashboard) showSite(c *call, status int, sent form) error {
	view, err := d.site(c, siteID(c))
	if err != nil {
		return err
	}
	title := view.Group.Name + "/" + view.Site.Name
	return d.showAs(c, status, "site", page{Title: title, Place: "sites", Events: "/events", View: view, Form: sent})
}

func (d *dashboard) site(c *call, id app.ID[app.Site]) (siteView, error) {
	view := siteView{
		Kinds: []app.InstanceKind{app.Production, app.Staging, app.Development},
		Roles: []app.Role{app.Viewer, app.Developer, app.Owner},
	}
	var err error
	if view.Site, err = d.app.Site(c.Context(), c.who, id); err != nil {
		return view, err
	}
	if view.Group, err = d.app.Group(c.Context(), c.who, view.Site.Group); err != nil {
		return view, err
	}
	if view.May, err = d.powers(c, view.Site); err != nil {
		return view, err
	}
	if view.Instances, err = d.instanceRows(c, id); err != nil {
		return view, err
	}
	view.People, err = d.people(c, view.Site)
	return view, err
}

func (d *dashboard) createInstance(c *call) error {
	sent, err := c.read("instance", "label", "kind")
	if err != nil {
		return err
	}
	instance, err := d.app.CreateInstance(c.Context(), c.who, app.NewInstance{
		Site: siteID(c), Label: sent.Values["label"], Kind: app.InstanceKind(sent.Values["kind"]),
	})
	if err != nil {
		return d.refuse(c, sent, err, d.showSite)
	}
	return d.done(c, instancePath(instance.ID), "The instance "+instance.Label+" has been made.")
}

// deleteSite asks for the site's name, because nothing brings its data back.
func (d *dashboard) deleteSite(c *call) error {
	sent, err := c.read("delete", "confirm")
	if err != nil {
		return err
	}
	site, err := d.app.Site(c.Context(), c.who, siteID(c))
	if err != nil {
		return err
	}
	if sent.Values["confirm"] != site.Name {
		err = app.Invalid("confirm", "type the name of the site, %s, to delete it", site.Name)
	} else {
		err = d.app.DeleteSite(c.Context(), c.who, site.ID)
	}
	if err != nil {
		return d.refuse(c, sent, err, d.showSite)
	}
	return d.done(c, "/", site.Name+" is being taken down.")
}
