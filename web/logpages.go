package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// How many lines a page of logs has: when nobody says, and at most.
const (
	pageSize    = 100
	maxPageSize = 10_000
)

// pageTokenHeader carries the token of the next page.
const pageTokenHeader = "X-Log-Page-Token"

func (s *server) logRoutes() []route {
	return []route{
		show("/v2/logs/", "The lines of a service, or of all services of an instance and of its router, oldest first; "+pageTokenHeader+" has the token of the next page", listLogs).
			asks("instance", "its url", "service", "its url", "size", "how many lines: the newest, or with a token the next", "after", "only lines of this time and later",
				"before", "only lines before this time", "grep", "only lines that match this regular expression", "page_token", "of the page before"),
	}
}

// logPage is a page that is being made.
type logPage struct {
	query   app.LogQuery
	size    int
	behind  map[string]app.Cursor // what earlier pages had, by the IDs of sources
	forward bool                  // there was an earlier page
	lines   []pageLine
}

// logSource is a log that lines come from: that of a service, or of the router.
type logSource struct {
	id    string
	tag   string // its name for people
	lines func(q app.LogQuery) lines
}

// pageLine is a line of a source.
type pageLine struct {
	source logSource
	app.LogLine
	at time.Time // when it is sorted to: never before an earlier line of its source
}

func listLogs(c *call) ([]api.PageLine, error) {
	sources, err := c.sourcesAsked()
	if err != nil {
		return nil, err
	}
	page, err := c.logPage()
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		if err := page.gather(source); err != nil {
			return nil, err
		}
	}
	page.cut()
	c.Response().Header().Set(pageTokenHeader, page.token())
	return each(page.lines, nil, func(l pageLine) (api.PageLine, error) {
		return api.PageLine{
			ID: fmt.Sprintf("%s-%d", l.source.id, l.Cursor), Timestamp: l.Time, Log: l.Text, Stream: l.Stream, Tag: l.source.tag,
		}, nil
	})
}

// sourcesAsked are the service that is asked for, or all services of the instance and its
// router.
func (c *call) sourcesAsked() ([]logSource, error) {
	one, err := asked[app.Service](c, "service", "services")
	if err != nil {
		return nil, err
	}
	if one != "" {
		service, err := c.App.Service(c.ctx(), c.who, one)
		return []logSource{c.serviceSource(service)}, err
	}
	instance, err := mustAsk[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	services, err := c.App.Services(c.ctx(), c.who, instance)
	sources := []logSource{c.routerSource(instance)}
	for _, service := range services {
		sources = append(sources, c.serviceSource(service))
	}
	return sources, err
}

func (c *call) serviceSource(service app.Service) logSource {
	return logSource{string(service.ID), service.Name, func(q app.LogQuery) lines { return c.App.ServiceLog(c.ctx(), c.who, service.ID, q) }}
}

func (c *call) routerSource(instance app.ID[app.Instance]) logSource {
	return logSource{string(instance), app.RouterName, func(q app.LogQuery) lines { return c.App.AccessLog(c.ctx(), c.who, instance, q) }}
}

// logPage reads what kind of page is asked for.
func (c *call) logPage() (*logPage, error) {
	p := &logPage{query: app.LogQuery{Grep: c.QueryParam("grep")}, behind: map[string]app.Cursor{}}
	size, err := c.number("size")
	if err != nil {
		return nil, err
	}
	if p.size = int(min(size, maxPageSize)); p.size == 0 {
		p.size = pageSize
	}
	if p.query.Since, err = c.moment("after"); err != nil {
		return nil, err
	}
	if p.query.Until, err = c.moment("before"); err != nil {
		return nil, err
	}
	return p, p.read(c.QueryParam("page_token"))
}

// read takes the places of an earlier page.
func (p *logPage) read(token string) error {
	if token == "" {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(data, &p.behind)
	}
	if err != nil {
		return app.Invalid("page_token", "is none that %s had", pageTokenHeader)
	}
	p.forward = true
	return nil
}

// token says where the next page begins.
func (p *logPage) token() string {
	data, err := json.Marshal(p.behind)
	if err != nil {
		panic(err) // a map of numbers always marshals
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// gather adds the lines of one source: the newest or, behind an earlier page, the next.
func (p *logPage) gather(from logSource) error {
	q := p.query
	q.After = p.behind[from.id]
	if !p.forward {
		q.Last = p.size
	}
	count, at := 0, time.Time{}
	for line, err := range from.lines(q) {
		if err != nil {
			return err
		}
		if line.Time.After(at) {
			at = line.Time
		}
		p.lines = append(p.lines, pageLine{from, line, at})
		if count++; count == p.size {
			break
		}
	}
	return nil
}

// cut puts the lines in the order of their times, leaves a page of them, and notes how far
// each source has come.
func (p *logPage) cut() {
	slices.SortStableFunc(p.lines, func(a, b pageLine) int { return a.at.Compare(b.at) })
	rest := max(0, len(p.lines)-p.size)
	told := p.lines
	if p.forward {
		told = p.lines[:len(p.lines)-rest]
	}
	for _, line := range told { // those that are too old for the newest page are not told later either
		p.behind[line.source.id] = max(p.behind[line.source.id], line.Cursor)
	}
	p.lines = told
	if !p.forward {
		p.lines = told[rest:]
	}
}
