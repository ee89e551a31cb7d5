package ui

import (
	"gondor/app"
)

// buildRow is a build in a list.
type buildRow struct {
	app.Build
	By     string
	Commit string // seven digits of it, "" when it knows none
}

// Fault is the first line of why it failed; its page tells the rest.
func (r buildRow) Fault() string { return firstLine(r.Message) }

// listedBuilds is how many builds a page lists.
const listedBuilds = 10

// buildRows lists the newest builds of an instance, newest first.
func (d *dashboard) buildRows(c *call, id app.ID[app.Instance], limit int) ([]buildRow, error) {
	builds, err := d.app.Builds(c.Context(), c.who, app.BuildFilter{Instance: id, Limit: limit})
	if err != nil {
		return nil, err
	}
	creators := make([]app.ID[app.User], len(builds))
	for i, build := range builds {
		creators[i] = build.Creator
	}
	names, err := d.names(c, creators...)
	rows := make([]buildRow, len(builds))
	for i, build := range builds {
		rows[i] = buildRow{Build: build, By: names[build.Creator], Commit: short(build.SHA)}
	}
	return rows, err
}

// failedBuild is the newest build of an instance when it failed and nothing was released
// after it; nil otherwise.
func (d *dashboard) failedBuild(c *call, id app.ID[app.Instance], releases []app.Release) (*buildRow, error) {
	builds, err := d.buildRows(c, id, 1)
	if err != nil || len(builds) == 0 || builds[0].State != app.BuildFailed {
		return nil, err
	}
	if len(releases) > 0 && releases[0].Created.After(builds[0].Created) {
		return nil, nil
	}
	return &builds[0], nil
}
