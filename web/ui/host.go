package ui

import (
	"net/http"

	"gondor/app"
)

// hostsView is the page of an instance's hosts.
type hostsView struct {
	Head  instanceHead
	Hosts []app.Host
}

func (d *dashboard) hostRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/hosts", d.private(d.hostsPage))
	mux.Handle("POST /instances/{instance}/hosts", d.private(d.createHost))
	mux.Handle("POST /hosts/{host}/delete", d.private(d.deleteHost))
}

func (d *dashboard) hostsPage(c *call) error { return d.showHosts(c, http.StatusOK, form{}) }

func (d *dashboard) showHosts(c *call, status int, sent form) error {
	head, err := d.head(c, instanceID(c), "hosts")
	if err != nil {
		return err
	}
	hosts, err := d.app.Hosts(c.Context(), c.who, head.ID)
	if err != nil {
		return err
	}
	view := hostsView{Head: head, Hosts: hosts}
	return d.showAs(c, status, "hosts", head.page("Hosts of "+head.Site.Name+" "+head.Label, view, sent))
}

func (d *dashboard) createHost(c *call) error {
	sent, err := c.read("host", "host")
	if err != nil {
		return err
	}
	host, err := d.app.CreateHost(c.Context(), c.who, app.NewHost{Instance: instanceID(c), Name: sent.Values["host"]})
	if err != nil {
		return d.refuse(c, sent, err, d.showHosts)
	}
	return d.done(c, instancePath(host.Instance)+"/hosts", host.Name+" reaches this instance now. Point its DNS record here.")
}

func (d *dashboard) deleteHost(c *call) error {
	host, err := d.app.Host(c.Context(), c.who, app.ID[app.Host](c.PathValue("host")))
	if err != nil {
		return err
	}
	if err := d.app.DeleteHost(c.Context(), c.who, host.ID); err != nil {
		return err
	}
	return d.done(c, instancePath(host.Instance)+"/hosts", host.Name+" no longer reaches this instance.")
}
