package ui

import (
	"context"
	"errors"
	"net/http"
	"time"

	"gondor/app"
)

// logsView is the page of all logs of an instance.
type logsView struct {
	Head  instanceHead
	Query logsQuery
	Log   logView

	Drains []drainRow
}

// Sources are the logs that can be chosen.
func (v logsView) Sources() []option {
	options := []option{{Text: "Everything"}}
	for _, service := range v.Head.Services {
		options = append(options, option{Value: service.Name, Text: service.Name})
	}
	return append(options, option{Value: app.RouterName, Text: "the router"})
}

// Newest is the address of the newest lines of all that are asked for.
func (v logsView) Newest() string { return logsPath(v.Head.ID) + "?" + v.Query.values().Encode() }

func (d *dashboard) logsRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/logs", d.private(d.logsPage))
	mux.Handle("GET /instances/{instance}/logs/stream", d.private(d.logsStream))
}

func logsPath(id app.ID[app.Instance]) string { return instancePath(id) + "/logs" }

func (d *dashboard) logsPage(c *call) error {
	head, err := d.head(c, instanceID(c), "logs")
	if err != nil {
		return err
	}
	view := logsView{Head: head, Query: c.logsQuery()}
	if view.Drains, err = d.drainRows(c, head.ID); err != nil {
		return err
	}
	asked, status := view.Query.form(), http.StatusOK
	if section := c.section(); section == "" || section == "lines" {
		view.Log, err = d.readLogs(c, head, view.Query)
	}
	if fault := asked.blameSearch(err); fault != nil {
		return fault
	}
	if err != nil {
		status = http.StatusUnprocessableEntity
		view.Log.Ended = true
	}
	return d.showAs(c, status, "logs", head.page("Logs of "+head.Site.Name+" "+head.Label, view, asked))
}

// showLogs shows the newest lines, around a form of the page that was refused.
func (d *dashboard) showLogs(c *call, status int, sent form) error {
	head, err := d.head(c, instanceID(c), "logs")
	if err != nil {
		return err
	}
	view := logsView{Head: head}
	if view.Drains, err = d.drainRows(c, head.ID); err != nil {
		return err
	}
	if view.Log, err = d.readLogs(c, head, view.Query); err != nil {
		return err
	}
	return d.showAs(c, status, "logs", head.page("Logs of "+head.Site.Name+" "+head.Label, view, sent))
}

// blameSearch puts an error of the domain, which knows no fields of pages, beside the field
// at fault. It returns the error when it is none that typing something else would mend.
func (f *form) blameSearch(err error) error {
	if err == nil {
		return nil
	}
	var fault *app.Error
	if errors.As(err, &fault) && fault.Field == "grep" {
		err = app.Invalid("search", "%s", fault.Message)
	}
	return f.blame(err)
}

// readLogs reads a page of lines: the newest, or those before some that are known.
func (d *dashboard) readLogs(c *call, head instanceHead, query logsQuery) (logView, error) {
	asPages := "?" + query.values().Encode()
	view := logView{Name: "Lines", ID: "logs", Stream: logsPath(head.ID) + "/stream" + asPages, Pages: logsPath(head.ID) + asPages}
	asked, err := query.ask(time.Now())
	if err != nil {
		return view, err
	}
	view.Ended = !asked.Until.IsZero() || !query.Before.IsZero()
	if behind := query.Before.Add(1); !query.Before.IsZero() && (asked.Until.IsZero() || behind.Before(asked.Until)) {
		asked.Until = behind
	}
	asked.Last = shownLines + query.Skip + 1
	sources, err := d.logSources(c, head.ID, head.Services, query.Service)
	if err != nil {
		return view, err
	}
	lines, read, err := newest(c.Context(), sources, asked, nil)
	if err != nil {
		return view, err
	}
	view.After = read.String()
	lines = lines[:max(0, len(lines)-query.Skip)]
	view.Lines = lines[max(0, len(lines)-shownLines):]
	if len(lines) > shownLines {
		view.Older = logsPath(head.ID) + query.older(view.Lines)
	}
	return view, nil
}

// logsStream goes on with the lines that the page asks for. It breaks off when the instance gets
// other services: the browser connects again, and is told the lines of those too.
func (d *dashboard) logsStream(c *call) error {
	status, err := d.app.Status(c.Context(), c.who, instanceID(c))
	if err != nil {
		return err
	}
	query := c.logsQuery()
	asked, err := query.ask(time.Now())
	if err != nil {
		return err
	}
	sources, err := d.logSources(c, status.ID, status.Services, query.Service)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(c.Context())
	defer cancel(nil)
	go d.watchServices(ctx, c.who, status.ID, len(status.Services), cancel)
	lines := follow(ctx, sources, asked, placesOf(c.place()))
	return relay(d, c, lines, func(s *stream, line logLine) error { return s.sendLine(line) })
}

// watchServices ends a stream of the logs of an instance when that has more or fewer services.
func (d *dashboard) watchServices(ctx context.Context, who app.Actor, instance app.ID[app.Instance], count int, end context.CancelCauseFunc) {
	for change, err := range d.app.Events(ctx, who, instance) {
		if err != nil {
			return // the stream goes on with the services that it has
		}
		if change.Noun != "service" {
			continue
		}
		if services, err := d.app.Services(ctx, who, instance); err != nil || len(services) != count {
			end(errAgain)
			return
		}
	}
}
