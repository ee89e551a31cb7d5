package ui

import (
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

// Fault is the first line of why it failed; its page tells the rest.
func (r releaseRow) Fault() string { return firstLine(r.Message) }

// firstLine is a message up to its first line's end.
func firstLine(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	return line
}

// releaseRows reads what explains some releases of an instance.
func (d *dashboard) releaseRows(c *call, status app.InstanceStatus, releases []app.Release) ([]releaseRow, error) {
	rows := make([]releaseRow, len(releases))
	for i, release := range releases {
		var err error
		if rows[i], _, err = d.releaseRow(c, status, release); err != nil {
			return nil, err
		}
	}
	return rows, nil
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

// short is the beginning of a commit as people say it.
func short(sha string) string { return sha[:min(len(sha), 7)] }
