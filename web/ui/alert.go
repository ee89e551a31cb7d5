package ui

import (
	"net/http"
	"slices"
	"time"

	"gondor/app"
)

// alertRow is an alert with where it is.
type alertRow struct {
	app.Alert
	Site  app.ID[app.Site]
	Label string // of its instance
	Named bool   // it stands among those of other instances
}

// Since is when it began.
func (r alertRow) Since() moment { return moment{r.Began, time.Now()} }

// Lasted is how long it went on, once it has ended.
func (r alertRow) Lasted() string { return roughly(r.Ended.Sub(r.Began)) }

// Path is the page of what is wrong.
func (r alertRow) Path() string {
	switch r.Kind {
	case app.AlertWeb, app.AlertWorker:
		return servicePath(app.ID[app.Service](r.On))
	case app.AlertTaskFailed, app.AlertTaskMissed:
		return tasksPath(r.Instance)
	}
	return instancePath(r.Instance) + "/releases"
}

// Leads is what the Path leads to.
func (r alertRow) Leads() string {
	switch r.Kind {
	case app.AlertWeb, app.AlertWorker:
		return "The service"
	case app.AlertTaskFailed, app.AlertTaskMissed:
		return "Scheduled tasks"
	}
	return "Releases and builds"
}

// alertsView is the page of what is and was wrong in a site, and of who is told.
type alertsView struct {
	Site      app.Site
	Group     app.ResourceGroup
	May       powers
	Going     []alertRow
	Ended     []alertRow
	More      bool // more have ended than are shown
	Receivers []receiverRow
	Owners    []option // whose receivers who looks may make
	Kinds     []option
	Made      madeReceiver
}

// shownAlerts is how many alerts that have ended are listed.
const shownAlerts = 50

func (d *dashboard) alertRoutes(mux *http.ServeMux) {
	mux.Handle("GET /sites/{site}/alerts", d.private(d.alertsPage))
}

func alertsPath(id app.ID[app.Site]) string { return sitePath(id) + "/alerts" }

func (d *dashboard) alertsPage(c *call) error { return d.showAlerts(c, http.StatusOK, form{}) }

func (d *dashboard) showAlerts(c *call, status int, sent form) error {
	return d.showAlertsWith(c, status, sent, madeReceiver{})
}

// showAlertsWith shows the page with what was made just now.
func (d *dashboard) showAlertsWith(c *call, status int, sent form, made madeReceiver) error {
	view, err := d.alerts(c, siteID(c))
	if err != nil {
		return err
	}
	view.Made = made
	title := "Alerts of " + view.Group.Name + "/" + view.Site.Name
	return d.showAs(c, status, "alerts", page{Title: title, Place: "sites", Events: "/events", View: view, Form: sent})
}

func (d *dashboard) alerts(c *call, id app.ID[app.Site]) (alertsView, error) {
	view := alertsView{Kinds: receiverKinds()}
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
	if err := d.readAlerts(c, &view); err != nil {
		return view, err
	}
	return view, d.readReceivers(c, &view)
}

// readAlerts reads what is and was wrong in all instances of the site, newest first.
func (d *dashboard) readAlerts(c *call, view *alertsView) error {
	instances, err := d.app.Instances(c.Context(), c.who, view.Site.ID)
	if err != nil {
		return err
	}
	for _, instance := range instances {
		rows, err := d.alertRows(c, instance, false)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.Named = true
			if row.Ended.IsZero() {
				view.Going = append(view.Going, row)
			} else {
				view.Ended = append(view.Ended, row)
			}
		}
	}
	slices.SortStableFunc(view.Going, func(a, b alertRow) int { return b.Began.Compare(a.Began) })
	slices.SortStableFunc(view.Ended, func(a, b alertRow) int { return b.Ended.Compare(a.Ended) })
	view.More = len(view.Ended) > shownAlerts
	view.Ended = view.Ended[:min(len(view.Ended), shownAlerts)]
	return nil
}

// alertRows lists the alerts of an instance, newest first; none when it was deleted meanwhile.
func (d *dashboard) alertRows(c *call, of app.Instance, going bool) ([]alertRow, error) {
	alerts, err := d.app.Alerts(c.Context(), c.who, app.AlertFilter{Instance: of.ID, Going: going})
	if app.IsNotFound(err) {
		return nil, nil
	}
	rows := make([]alertRow, len(alerts))
	for i, alert := range alerts {
		rows[i] = alertRow{Alert: alert, Site: of.Site, Label: of.Label}
	}
	return rows, err
}
