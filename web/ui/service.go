package ui

import (
	"fmt"
	"net/http"
	"strconv"

	"gondor/app"
)

// serviceView is the page of one service.
type serviceView struct {
	Head    instanceHead
	Service app.ServiceStatus
	Sizes   app.Sizes
	Log     logView
}

func (d *dashboard) serviceRoutes(mux *http.ServeMux) {
	mux.Handle("GET /services/{service}", d.private(d.servicePage))
	mux.Handle("GET /services/{service}/log", d.private(d.serviceLog))
	mux.Handle("POST /services/{service}/scale", d.private(d.scale))
	mux.Handle("POST /services/{service}/resize", d.private(d.resize))
	mux.Handle("POST /services/{service}/restart", d.private(d.restart))
	mux.Handle("POST /services/{service}/delete", d.private(d.deleteService))
	mux.Handle("POST /instances/{instance}/services", d.private(d.createService))
}

func serviceID(c *call) app.ID[app.Service] { return app.ID[app.Service](c.PathValue("service")) }

func servicePath(id app.ID[app.Service]) string { return "/services/" + string(id) }

func (d *dashboard) servicePage(c *call) error { return d.showService(c, http.StatusOK, form{}) }

func (d *dashboard) showService(c *call, status int, sent form) error {
	service, err := d.app.ServiceStatus(c.Context(), c.who, serviceID(c))
	if err != nil {
		return err
	}
	head, err := d.head(c, service.Instance, "service")
	if err != nil {
		return err
	}
	view := serviceView{Head: head, Service: service, Sizes: d.app.Sizes()}
	if c.section() == "" {
		view.Log, err = readLog("Log of "+service.Name, servicePath(service.ID)+"/log", false, d.app.ServiceLog(c.Context(), c.who, service.ID, app.LogQuery{Last: shownLines}))
	}
	if err != nil {
		return err
	}
	return d.showAs(c, status, "service", head.page(service.Name+" of "+head.Site.Name+" "+head.Label, view, sent))
}

func (d *dashboard) serviceLog(c *call) error {
	id := serviceID(c)
	_, err := d.app.Service(c.Context(), c.who, id)
	if err != nil {
		return err
	}
	return d.streamLog(c, d.app.ServiceLog(c.Context(), c.who, id, c.logQuery()))
}

func (d *dashboard) scale(c *call) error {
	sent, err := c.read("scale", "replicas", "to")
	if err != nil {
		return err
	}
	replicas, err := number("replicas", sent.Values["replicas"])
	if err != nil {
		return d.refuse(c, sent, err, d.showService)
	}
	service, err := d.app.Scale(c.Context(), c.who, serviceID(c), replicas)
	if err != nil {
		return d.refuse(c, sent, err, d.showService)
	}
	return d.done(c, c.back(sent, service), fmt.Sprintf("%s is going to run %s.", service.Name, replicasOf(replicas)))
}

func replicasOf(n int) string {
	switch n {
	case 0:
		return "no replica: it is stopped"
	case 1:
		return "1 replica"
	default:
		return fmt.Sprintf("%d replicas", n)
	}
}

func (d *dashboard) resize(c *call) error {
	sent, err := c.read("resize", "size")
	if err != nil {
		return err
	}
	service, err := d.app.Resize(c.Context(), c.who, serviceID(c), sent.Values["size"])
	if err != nil {
		return d.refuse(c, sent, err, d.showService)
	}
	return d.done(c, servicePath(service.ID), service.Name+" is now "+service.Size+".")
}

func (d *dashboard) restart(c *call) error {
	sent, err := c.read("restart", "to")
	if err != nil {
		return err
	}
	service, err := d.app.Restart(c.Context(), c.who, serviceID(c))
	if err != nil {
		return d.refuse(c, sent, err, d.showService)
	}
	return d.done(c, c.back(sent, service), service.Name+" is being restarted: new replicas start beside the old ones.")
}

func (d *dashboard) deleteService(c *call) error {
	service, err := d.app.Service(c.Context(), c.who, serviceID(c))
	if err != nil {
		return err
	}
	if err := d.app.DeleteService(c.Context(), c.who, service.ID); err != nil {
		return err
	}
	return d.done(c, instancePath(service.Instance), "The service "+service.Name+" is being taken down.")
}

func (d *dashboard) createService(c *call) error {
	sent, err := c.read("service", "name", "kind", "size", "replicas")
	if err != nil {
		return err
	}
	replicas, err := number("replicas", sent.Values["replicas"])
	if err != nil {
		return d.refuse(c, sent, err, d.showSettings)
	}
	service, err := d.app.CreateService(c.Context(), c.who, app.NewService{
		Instance: instanceID(c), Name: sent.Values["name"], Kind: app.ServiceKind(sent.Values["kind"]),
		Size: sent.Values["size"], Replicas: &replicas,
	})
	if err != nil {
		return d.refuse(c, sent, err, d.showSettings)
	}
	return d.done(c, instancePath(service.Instance), "The service "+service.Name+" runs from the next deploy on.")
}

// back is the page that the form was sent from, or the service's own.
func (c *call) back(sent form, service app.Service) string {
	if to := localPath(sent.Values["to"]); to != "/" {
		return to
	}
	return servicePath(service.ID)
}

// number reads a number that somebody typed.
func number(field, typed string) (int, error) {
	n, err := strconv.Atoi(typed)
	if err != nil {
		return 0, app.Invalid(field, "%q is not a number; give one such as 2", typed)
	}
	return n, nil
}
