package ui

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"gondor/app"
)

// releasesView is the list of an instance's releases.
type releasesView struct {
	Head     instanceHead
	Releases []releaseRow
	Before   int // the number that those listed are below; 0 for the newest
	Older    int // the number below which there are more; 0 when there are none
	Builds   []buildRow
}

// listedReleases is how many releases one page lists.
const listedReleases = 50

// releaseView is the page of one release.
type releaseView struct {
	Head    instanceHead
	Release releaseRow
	Deploy  *deployView // while it moves
	Log     logView
}

func (d *dashboard) releaseRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/releases", d.private(d.releasesPage))
	mux.Handle("POST /instances/{instance}/rollback", d.private(d.rollback))
	mux.Handle("GET /releases/{release}", d.private(d.releasePage))
	mux.Handle("GET /releases/{release}/log", d.private(d.releaseLog))
	mux.Handle("POST /releases/{release}/cancel", d.private(d.cancelRelease))
}

func releaseID(c *call) app.ID[app.Release] { return app.ID[app.Release](c.PathValue("release")) }

func releasePath(id app.ID[app.Release]) string { return "/releases/" + string(id) }

func (d *dashboard) releasesPage(c *call) error {
	head, err := d.head(c, instanceID(c), "releases")
	if err != nil {
		return err
	}
	view, err := d.releases(c, head)
	if err != nil {
		return err
	}
	return d.show(c, "releases", head.page("Releases of "+head.Site.Name+" "+head.Label, view, form{}))
}

// releases lists the newest releases, or those below the number that ?before= gives.
func (d *dashboard) releases(c *call, head instanceHead) (releasesView, error) {
	view := releasesView{Head: head}
	releases, err := d.app.Releases(c.Context(), c.who, head.ID)
	if err != nil {
		return view, err
	}
	if before, err := strconv.Atoi(c.URL.Query().Get("before")); err == nil {
		view.Before = before
		releases = slices.DeleteFunc(releases, func(r app.Release) bool { return r.Number >= before })
	}
	if len(releases) > listedReleases {
		releases = releases[:listedReleases]
		view.Older = releases[listedReleases-1].Number
	}
	if view.Releases, err = d.releaseRows(c, head.InstanceStatus, releases); err != nil {
		return view, err
	}
	view.Builds, err = d.buildRows(c, head.ID, listedBuilds)
	return view, err
}

func (d *dashboard) releasePage(c *call) error {
	release, err := d.app.Release(c.Context(), c.who, releaseID(c))
	if err != nil {
		return err
	}
	head, err := d.head(c, release.Instance, "releases")
	if err != nil {
		return err
	}
	row, build, err := d.releaseRow(c, head.InstanceStatus, release)
	if err != nil {
		return err
	}
	view := releaseView{Head: head, Release: row}
	if release.State.Moving() {
		view.Deploy = &deployView{Release: &row, Steps: releaseSteps(head.InstanceStatus, release, build)}
	}
	if c.section() == "" {
		view.Log, err = readLog("Log of v"+strconv.Itoa(release.Number), releasePath(release.ID)+"/log", !release.State.Moving(), d.app.ReleaseLog(c.Context(), c.who, release.ID, app.LogQuery{Last: shownLines}))
	}
	if err != nil {
		return err
	}
	return d.show(c, "release", head.page(fmt.Sprintf("v%d of %s %s", release.Number, head.Site.Name, head.Label), view, form{}))
}

func (d *dashboard) releaseLog(c *call) error {
	id := releaseID(c)
	if _, err := d.app.Release(c.Context(), c.who, id); err != nil {
		return err
	}
	return d.streamLog(c, d.app.ReleaseLog(c.Context(), c.who, id, c.logQuery()))
}

func (d *dashboard) cancelRelease(c *call) error {
	release, err := d.app.CancelRelease(c.Context(), c.who, releaseID(c))
	if app.CodeOf(err) == app.CodeConflict {
		return d.done(c, releasePath(releaseID(c)), sentence(err.Error()))
	}
	if err != nil {
		return err
	}
	return d.done(c, instancePath(release.Instance), fmt.Sprintf("v%d was cancelled. What ran before runs on.", release.Number))
}

func (d *dashboard) rollback(c *call) error {
	sent, err := c.read("rollback", "to")
	if err != nil {
		return err
	}
	to, err := number("to", sent.Values["to"])
	if err != nil {
		return err
	}
	made, err := d.app.Rollback(c.Context(), c.who, app.NewRollback{Instance: instanceID(c), To: to})
	if code := app.CodeOf(err); code == app.CodeConflict || code == app.CodeInvalid {
		return d.done(c, instancePath(instanceID(c))+"/releases", sentence(err.Error()))
	}
	if err != nil {
		return err
	}
	return d.done(c, instancePath(made.Instance), fmt.Sprintf("v%d goes back to what v%d ran.", made.Number, to))
}
