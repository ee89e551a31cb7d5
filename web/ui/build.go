package ui

import (
	"net/http"

	"gondor/app"
)

// buildView is the page of one build.
type buildView struct {
	Build    app.Build
	Site     app.Site
	Group    app.ResourceGroup
	Instance *app.Instance // the one it was made for; nil when it is gone or none was named
	May      powers
	By       string
	Commit   string
	Queue    int // its place in the queue, 0 when it is not queued
	Log      logView
}

func (d *dashboard) buildRoutes(mux *http.ServeMux) {
	mux.Handle("GET /builds/{build}", d.private(d.buildPage))
	mux.Handle("GET /builds/{build}/log", d.private(d.buildLog))
	mux.Handle("POST /builds/{build}/cancel", d.private(d.cancelBuild))
}

func buildID(c *call) app.ID[app.Build] { return app.ID[app.Build](c.PathValue("build")) }

func buildPath(id app.ID[app.Build]) string { return "/builds/" + string(id) }

func (d *dashboard) buildPage(c *call) error {
	view, err := d.build(c, buildID(c))
	if err != nil {
		return err
	}
	if c.section() == "" {
		view.Log, err = readLog("Log of the build", buildPath(view.Build.ID)+"/log", view.Build.State.Ended(), d.app.BuildLog(c.Context(), c.who, view.Build.ID, app.LogQuery{Last: shownLines}))
	}
	if err != nil {
		return err
	}
	return d.show(c, "build", page{Title: "Build of " + view.Site.Name, Place: "sites", Events: "/events", View: view})
}

func (d *dashboard) build(c *call, id app.ID[app.Build]) (buildView, error) {
	var view buildView
	var err error
	if view.Build, err = d.app.Build(c.Context(), c.who, id); err != nil {
		return view, err
	}
	if view.Site, err = d.app.Site(c.Context(), c.who, view.Build.Site); err != nil {
		return view, err
	}
	if view.Group, err = d.app.Group(c.Context(), c.who, view.Site.Group); err != nil {
		return view, err
	}
	if view.May, err = d.powers(c, view.Site); err != nil {
		return view, err
	}
	if view.Queue, err = d.app.QueuePlace(c.Context(), c.who, id); err != nil {
		return view, err
	}
	names, err := d.names(c, view.Build.Creator)
	if err != nil {
		return view, err
	}
	view.By, view.Commit = names[view.Build.Creator], short(view.Build.SHA)
	view.Instance, err = d.instanceOf(c, view.Build)
	return view, err
}

func (d *dashboard) instanceOf(c *call, build app.Build) (*app.Instance, error) {
	if build.Instance == "" {
		return nil, nil
	}
	instance, err := d.app.Instance(c.Context(), c.who, build.Instance)
	switch {
	case app.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &instance, nil
}

func (d *dashboard) buildLog(c *call) error {
	id := buildID(c)
	if _, err := d.app.Build(c.Context(), c.who, id); err != nil {
		return err
	}
	return d.streamLog(c, d.app.BuildLog(c.Context(), c.who, id, c.logQuery()))
}

func (d *dashboard) cancelBuild(c *call) error {
	build, err := d.app.CancelBuild(c.Context(), c.who, buildID(c))
	if app.CodeOf(err) == app.CodeConflict {
		return d.done(c, buildPath(buildID(c)), sentence(err.Error()))
	}
	if err != nil {
		return err
	}
	return d.done(c, buildPath(build.ID), "The build was cancelled.")
}
