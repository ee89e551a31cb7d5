package ui

import (
	"net/http"
	"time"

	"gondor/app"
)

// feedView is the page of what happened in an instance.
type feedView struct {
	Head instanceHead
	Feed []feedRow
}

// feedRow is an event with what explains it.
type feedRow struct {
	app.Event
	Day  string // in UTC, of the first event of a day; "" of the others
	Who  string // "" for Gondor or a schedule, and for somebody who is gone
	Path string // of the page of what it happened to, "" when there is none
}

// recentEvents is how many events the first page of an instance lists.
const recentEvents = 8

func (d *dashboard) feedRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/events", d.private(d.feedPage))
}

func (d *dashboard) feedPage(c *call) error {
	head, err := d.head(c, instanceID(c), "overview")
	if err != nil {
		return err
	}
	view := feedView{Head: head}
	if view.Feed, err = d.feed(c, head, 0); err != nil {
		return err
	}
	return d.show(c, "events", head.page("Events of "+head.Site.Name+" "+head.Label, view, form{}))
}

// feed lists the newest events of an instance, newest first; limit 0 is all.
func (d *dashboard) feed(c *call, head instanceHead, limit int) ([]feedRow, error) {
	events, err := d.app.Feed(c.Context(), c.who, head.ID, limit)
	if err != nil {
		return nil, err
	}
	people := make([]app.ID[app.User], len(events))
	for i, event := range events {
		people[i] = event.By
	}
	names, err := d.names(c, people...)
	if err != nil {
		return nil, err
	}
	rows, day := make([]feedRow, len(events)), ""
	err = d.app.Store.View(c.Context(), func(r app.Reader) error {
		for i, event := range events {
			rows[i] = feedRow{Event: event, Who: names[event.By]}
			if today := dayOf(event.At); today != day {
				rows[i].Day, day = today, today
			}
			var err error
			if rows[i].Path, err = eventPath(r, event, head.May); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

// dayOf is a day as people say it. The script words it the same way, in the zone of who reads.
func dayOf(t time.Time) string { return t.UTC().Format("Monday, 2 January 2006") }

// eventPath is the page that an event leads to, "" when what it happened to is gone, or not for
// who looks.
func eventPath(r app.Reader, event app.Event, may powers) (string, error) {
	if event.About == "" {
		return "", nil
	}
	var err error
	path := ""
	switch event.Kind {
	case app.EventBuild:
		path = buildPath(app.ID[app.Build](event.About))
		_, err = r.Builds().Get(app.ID[app.Build](event.About))
	case app.EventRelease:
		path = releasePath(app.ID[app.Release](event.About))
		_, err = r.Releases().Get(app.ID[app.Release](event.About))
	case app.EventService:
		path = servicePath(app.ID[app.Service](event.About))
		_, err = r.Services().Get(app.ID[app.Service](event.About))
	case app.EventHost:
		path = instancePath(event.Instance) + "/hosts"
	case app.EventTask:
		path = tasksPath(event.Instance)
	case app.EventTaskRun:
		path = taskRunPath(app.ID[app.TaskRun](event.About))
		_, err = r.TaskRuns().Get(app.ID[app.TaskRun](event.About))
	case app.EventDrain:
		path = logsPath(event.Instance) + "#drains"
	case app.EventRun:
		if !may.Run {
			return "", nil
		}
		path = runPath(app.ID[app.Run](event.About))
		_, err = r.Runs().Get(app.ID[app.Run](event.About))
	}
	if app.IsNotFound(err) {
		return "", nil
	}
	return path, err
}
