package ui

import (
	"cmp"
	"net/http"
	"slices"

	"gondor/app"
)

// instanceHead is what the pages of an instance have in common.
type instanceHead struct {
	app.InstanceStatus
	Tab    string
	May    powers
	Alerts []alertRow // what is wrong now
}

// Running is the newest release that a service runs, nil when none does.
func (h instanceHead) Running() *app.Release { return running(h.InstanceStatus) }

// instanceView is the first page of an instance.
type instanceView struct {
	Head     instanceHead
	Deploy   *deployView // what is on its way, nil when nothing is
	Failure  *releaseRow // the last deploy, when it failed
	Unbuilt  *buildRow   // the last build, when it failed
	Releases []releaseRow
	More     bool // there are more releases
	Feed     []feedRow
}

// recentReleases is how many releases the first page of an instance lists.
const recentReleases = 5

func (d *dashboard) instanceRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}", d.private(d.instancePage))
	mux.Handle("GET /instances/{instance}/settings", d.private(d.settingsPage))
	mux.Handle("POST /instances/{instance}/delete", d.private(d.deleteInstance))
}

func instanceID(c *call) app.ID[app.Instance] {
	return app.ID[app.Instance](c.PathValue("instance"))
}

func instancePath(id app.ID[app.Instance]) string { return "/instances/" + string(id) }

func eventsOf(id app.ID[app.Instance]) string { return "/events?instance=" + string(id) }

// head reads what the pages of an instance have in common.
func (d *dashboard) head(c *call, id app.ID[app.Instance], tab string) (instanceHead, error) {
	status, err := d.app.Status(c.Context(), c.who, id)
	if err != nil {
		return instanceHead{}, err
	}
	head := instanceHead{InstanceStatus: status, Tab: tab}
	if head.May, err = d.powers(c, status.Site); err != nil {
		return head, err
	}
	head.Alerts, err = d.alertRows(c, status.Instance, true)
	return head, err
}

// page frames a view of an instance.
func (h instanceHead) page(title string, view any, sent form) page {
	where := h.Site.Name + " " + h.Label
	return page{Title: cmp.Or(title, where), Place: "sites", Events: eventsOf(h.ID), View: view, Form: sent}
}

func (d *dashboard) instancePage(c *call) error {
	head, err := d.head(c, instanceID(c), "overview")
	if err != nil {
		return err
	}
	view, err := d.overview(c, head)
	if err != nil {
		return err
	}
	return d.show(c, "instance", head.page("", view, form{}))
}

// overview reads what the first page of an instance shows.
func (d *dashboard) overview(c *call, head instanceHead) (instanceView, error) {
	view := instanceView{Head: head}
	releases, err := d.app.Releases(c.Context(), c.who, head.ID)
	if err != nil {
		return view, err
	}
	view.More = len(releases) > recentReleases
	if view.Deploy, err = d.deployOf(c, head.InstanceStatus, releases); err != nil {
		return view, err
	}
	if view.Unbuilt, err = d.failedBuild(c, head.ID, releases); err != nil {
		return view, err
	}
	if view.Feed, err = d.feed(c, head, recentEvents); err != nil {
		return view, err
	}
	view.Releases, err = d.releaseRows(c, head.InstanceStatus, releases[:min(len(releases), recentReleases)])
	if err != nil {
		return view, err
	}
	if len(releases) > 0 && releases[0].State == app.ReleaseFailed {
		view.Failure = &view.Releases[0]
	}
	return view, nil
}

// settingsView is the page on which an instance is changed and deleted.
type settingsView struct {
	Head  instanceHead
	Kinds []app.ServiceKind
	Sizes app.Sizes
}

func (d *dashboard) settingsPage(c *call) error { return d.showSettings(c, http.StatusOK, form{}) }

func (d *dashboard) showSettings(c *call, status int, sent form) error {
	head, err := d.head(c, instanceID(c), "settings")
	if err != nil {
		return err
	}
	if !head.May.Manage {
		return app.Fault(app.CodeForbidden, "it takes the role %s to change this instance", app.Developer)
	}
	view := settingsView{Head: head, Kinds: []app.ServiceKind{app.Web, app.Worker}, Sizes: d.app.Sizes()}
	return d.showAs(c, status, "settings", head.page("Settings of "+head.Site.Name+" "+head.Label, view, sent))
}

// deleteInstance asks for the label, because nothing brings the instance's data back.
func (d *dashboard) deleteInstance(c *call) error {
	sent, err := c.read("delete", "confirm")
	if err != nil {
		return err
	}
	instance, err := d.app.Instance(c.Context(), c.who, instanceID(c))
	if err != nil {
		return err
	}
	if sent.Values["confirm"] != instance.Label {
		err = app.Invalid("confirm", "type the label of the instance, %s, to delete it", instance.Label)
	} else {
		err = d.app.DeleteInstance(c.Context(), c.who, instance.ID)
	}
	if err != nil {
		return d.refuse(c, sent, err, d.showSettings)
	}
	return d.done(c, sitePath(instance.Site), "The instance "+instance.Label+" is being taken down.")
}

// instanceRow is an instance in a list, with its newest release that ran.
type instanceRow struct {
	app.InstanceStatus
	Release *app.Release
	Alerts  []alertRow // what is wrong now
}

func (d *dashboard) instanceRows(c *call, site app.ID[app.Site]) ([]instanceRow, error) {
	statuses, err := d.statuses(c, site)
	if err != nil {
		return nil, err
	}
	rows := make([]instanceRow, len(statuses))
	for i, status := range statuses {
		rows[i] = instanceRow{InstanceStatus: status, Release: running(status)}
		if rows[i].Alerts, err = d.alertRows(c, status.Instance, true); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// running is the newest release that a service of the instance runs, nil when none does.
func running(status app.InstanceStatus) *app.Release {
	var newest *app.Release
	for _, service := range status.Services {
		if service.Release != nil && (newest == nil || service.Release.Number > newest.Number) {
			newest = service.Release
		}
	}
	return newest
}

// runs reports whether a service of the instance runs the release.
func runs(status app.InstanceStatus, id app.ID[app.Release]) bool {
	return slices.ContainsFunc(status.Services, func(s app.ServiceStatus) bool {
		return s.Release != nil && s.Release.ID == id
	})
}
