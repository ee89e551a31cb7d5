package ui

import (
	"fmt"
	"html/template"
	"net/url"
	"time"

	"gondor/app"
)

// functions are what templates can call besides the fields and methods of their view.
func functions(a *assets, at *url.URL) template.FuncMap {
	return template.FuncMap{
		"asset":       a.path,
		"address":     at.String,
		"hostOf":      hostOf,
		"sentence":    sentence,
		"capital":     capital,
		"moment":      func(t, now time.Time) moment { return moment{t, now} },
		"clock":       func(t time.Time) string { return clock(t, time.Now()) },
		"hour":        func(t time.Time) string { return t.UTC().Format("15:04") },
		"nanoseconds": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"lasted":      lasted,
		"tone":        tone,
		"writer":      app.ShortReplica,
		"field":       newField,
		"choose":      newChoice,

		"rows":         func(rows []instanceRow, now time.Time) instanceList { return instanceList{rows, now} },
		"replicas":     func(list []app.Replica, now time.Time) replicaList { return replicaList{list, now} },
		"releaseRows":  func(rows []releaseRow, may powers, now time.Time) releaseList { return releaseList{rows, may, now} },
		"buildRows":    func(rows []buildRow, now time.Time) buildList { return buildList{rows, now} },
		"feedRow":      func(row feedRow, clock bool, now time.Time) feedItem { return feedItem{row, clock, now} },
		"variableRows": func(v variables, now time.Time) variableList { return variableList{v, now} },
		"variableForm": func(v variables, sent form) variableForm { return variableForm{v.Path, sent} },
	}
}

// What the templates that several pages share are executed with.
type (
	instanceList struct {
		Rows []instanceRow
		Now  time.Time
	}
	replicaList struct {
		Replicas []app.Replica
		Now      time.Time
	}
	releaseList struct {
		Rows []releaseRow
		May  powers
		Now  time.Time
	}
	buildList struct {
		Builds []buildRow
		Now    time.Time
	}
	feedItem struct {
		Row   feedRow
		Clock bool // tell the time of day, and not how long ago it was
		Now   time.Time
	}
	variableList struct {
		Variables variables
		Now       time.Time
	}
	variableForm struct {
		Path string
		Form form
	}
)

// moment is a time that is told as how long ago it was.
type moment struct{ Time, Now time.Time }

// Machine is the time as scripts read it (RFC 3339).
func (m moment) Machine() string { return m.Time.UTC().Format(time.RFC3339Nano) }

// Exact is the time for who wants to know it exactly.
func (m moment) Exact() string { return m.Time.UTC().Format("2 January 2006, 15:04:05 UTC") }

// Ago is the time for everybody else.
func (m moment) Ago() string { return ago(m.Time, m.Now) }

// clock is the time of day in UTC, with the day unless that is today. The script words it the
// same way, in the zone of who reads.
func clock(t, now time.Time) string {
	t = t.UTC()
	if t.Format(time.DateOnly) == now.UTC().Format(time.DateOnly) {
		return t.Format("15:04:05")
	}
	return t.Format("2 Jan 15:04:05")
}

// hostOf is the part of a URL that people know a site by.
func hostOf(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return address
	}
	return at.Host
}

// lasted is a duration as people read it at a glance.
func lasted(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	default:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}
