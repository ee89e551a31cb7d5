package ui

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"gondor/app"
)

// releaseRow is a release with what explains it.
type releaseRow struct {
	app.Release
	By     string
	Commit string // seven digits of it, "" when the build knows none
	Ref    string
	Runs   bool // a service runs it now
}

// Reachable reports whether it can be rolled back to, as far as the list can tell.
func (r releaseRow) Reachable() bool {
	return !r.Runs && (r.State == app.ReleaseActive || r.State == app.ReleaseRetired)
}

// Origin is what the reason does not say of its source: the commit and the branch.
func (r releaseRow) Origin() string {
	if strings.Contains(r.Reason, r.Commit) {
		return r.Ref
	}
	return strings.TrimSpace(r.Commit + " " + r.Ref)
}

// releasesView is the list of an instance's releases.
type releasesView struct {
	Head     instanceHead
	Releases []releaseRow
}

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

// releaseRows lists the releases of an instance, newest first.
func (d *dashboard) releaseRows(c *call, status app.InstanceStatus) ([]releaseRow, error) {
	releases, err := d.app.Releases(c.Context(), c.who, status.ID)
	if err != nil {
		return nil, err
	}
	builds, err := d.app.Builds(c.Context(), c.who, app.BuildFilter{Site: status.Site.ID})
	if err != nil {
		return nil, err
	}
	known := map[app.ID[app.Build]]app.Build{}
	for _, build := range builds {
		known[build.ID] = build
	}
	rows := make([]releaseRow, len(releases))
	ids := make([]app.ID[app.User], len(releases))
	for i, release := range releases {
		ids[i] = release.Creator
	}
	names, err := d.names(c, ids...)
	for i, release := range releases {
		build := known[release.Build]
		rows[i] = releaseRow{
			Release: release, By: names[release.Creator], Commit: short(build.SHA), Ref: build.Ref,
			Runs: runs(status, release.ID),
		}
	}
	return rows, err
}

func (d *dashboard) releasesPage(c *call) error {
	head, err := d.head(c, instanceID(c), "releases")
	if err != nil {
		return err
	}
	rows, err := d.releaseRows(c, head.InstanceStatus)
	if err != nil {
		return err
	}
	view := releasesView{Head: head, Releases: rows}
	return d.show(c, "releases", head.page("Releases of "+head.Site.Name+" "+head.Label, view, form{}))
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

// releaseRow reads what explains one release; its build is empty while it has none.
func (d *dashboard) releaseRow(c *call, status app.InstanceStatus, release app.Release) (releaseRow, app.Build, error) {
	row := releaseRow{Release: release, Runs: runs(status, release.ID)}
	names, err := d.names(c, release.Creator)
	if err != nil {
		return row, app.Build{}, err
	}
	row.By = names[release.Creator]
	if release.Build == "" {
		return row, app.Build{}, nil
	}
	build, err := d.app.Build(c.Context(), c.who, release.Build)
	row.Commit, row.Ref = short(build.SHA), build.Ref
	return row, build, err
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

// short is the beginning of a commit as people say it.
func short(sha string) string { return sha[:min(len(sha), 7)] }
