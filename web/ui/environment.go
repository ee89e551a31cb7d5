package ui

import (
	"net/http"

	"gondor/app"
)

// variables are what is set on a site or an instance.
type variables struct {
	Path string // of the page
	Rows []variableRow
	// Inherited are the names of those that come from the site.
	Inherited []string
}

// variableRow is one variable; its value is there only when somebody asked for it.
type variableRow struct {
	app.Variable
	Shown bool
	Plain string
}

// environmentView is the page of an instance's variables.
type environmentView struct {
	Head      instanceHead
	Variables variables
}

// siteEnvironmentView is the page of a site's variables.
type siteEnvironmentView struct {
	Site      app.Site
	Group     app.ResourceGroup
	Variables variables
}

func (d *dashboard) environmentRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/environment", d.private(d.environmentPage))
	mux.Handle("POST /instances/{instance}/environment", d.private(d.setVariable))
	mux.Handle("POST /instances/{instance}/environment/{variable}/unset", d.private(d.unsetVariable))
	mux.Handle("GET /sites/{site}/environment", d.private(d.environmentPage))
	mux.Handle("POST /sites/{site}/environment", d.private(d.setVariable))
	mux.Handle("POST /sites/{site}/environment/{variable}/unset", d.private(d.unsetVariable))
}

// owner is what the page's variables are set on.
func owner(c *call) app.VariableOwner {
	return app.VariableOwner{Site: siteID(c), Instance: instanceID(c)}
}

func environmentPath(c *call) string {
	if id := siteID(c); id != "" {
		return sitePath(id) + "/environment"
	}
	return instancePath(instanceID(c)) + "/environment"
}

func (d *dashboard) environmentPage(c *call) error {
	return d.showEnvironment(c, http.StatusOK, form{})
}

func (d *dashboard) showEnvironment(c *call, status int, sent form) error {
	own, err := d.variables(c)
	if err != nil {
		return err
	}
	if siteID(c) != "" {
		return d.showSiteEnvironment(c, status, sent, own)
	}
	head, err := d.head(c, instanceID(c), "environment")
	if err != nil {
		return err
	}
	above, err := d.app.Variables(c.Context(), c.who, app.VariableOwner{Site: head.Site.ID})
	if err != nil {
		return err
	}
	for _, variable := range above {
		own.Inherited = append(own.Inherited, variable.Name)
	}
	view := environmentView{Head: head, Variables: own}
	return d.showAs(c, status, "environment", head.page("Environment of "+head.Site.Name+" "+head.Label, view, sent))
}

func (d *dashboard) showSiteEnvironment(c *call, status int, sent form, own variables) error {
	site, err := d.app.Site(c.Context(), c.who, siteID(c))
	if err != nil {
		return err
	}
	group, err := d.app.Group(c.Context(), c.who, site.Group)
	if err != nil {
		return err
	}
	view := siteEnvironmentView{Site: site, Group: group, Variables: own}
	return d.showAs(c, status, "site-environment", page{Title: "Environment of " + site.Name, Place: "sites", View: view, Form: sent})
}

// variables lists the owner's, with the value of the one that ?show= names.
func (d *dashboard) variables(c *call) (variables, error) {
	list := variables{Path: environmentPath(c)}
	found, err := d.app.Variables(c.Context(), c.who, owner(c))
	for _, variable := range found {
		row := variableRow{Variable: variable.Variable}
		if c.URL.Query().Get("show") == string(variable.ID) {
			row.Shown, row.Plain = true, variable.Plain
		}
		list.Rows = append(list.Rows, row)
	}
	return list, err
}

func (d *dashboard) setVariable(c *call) error {
	sent, err := c.read("variable", "key", "value", "build")
	if err != nil {
		return err
	}
	set := app.NewVariable{Name: sent.Values["key"], Value: lines(sent.Values["value"]), Build: sent.Values["build"] != ""}
	if _, err := d.app.SetVariables(c.Context(), c.who, owner(c), []app.NewVariable{set}, nil); err != nil {
		return d.refuse(c, sent, err, d.showEnvironment)
	}
	return d.done(c, environmentPath(c), set.Name+" is set.")
}

func (d *dashboard) unsetVariable(c *call) error {
	id := app.ID[app.Variable](c.PathValue("variable"))
	if err := d.app.UnsetVariable(c.Context(), c.who, id); err != nil {
		return err
	}
	return d.done(c, environmentPath(c), "The variable is no longer set.")
}
