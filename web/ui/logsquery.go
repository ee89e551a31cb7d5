package ui

import (
	"net/url"
	"regexp"
	"strconv"
	"time"

	"gondor/app"
)

// logsQuery is what somebody wants to see of the logs of an instance. All of it is in the
// page's address, so that a link shows another the same.
type logsQuery struct {
	Service string // "" for all
	Search  string
	Regexp  bool   // Search is a regular expression, and no text
	Since   string // as typed
	Until   string
	Zone    string // of the times that were typed; "" is UTC

	Before time.Time // lines of this moment and earlier; zero for the newest
	Skip   int       // of these, so many of the newest are known already
}

// maxSkip bounds how many lines of one moment are left out.
const maxSkip = 10_000

func (c *call) logsQuery() logsQuery {
	v := c.URL.Query()
	q := logsQuery{
		Service: v.Get("service"), Search: v.Get("search"), Regexp: v.Get("regexp") != "",
		Since: v.Get("since"), Until: v.Get("until"), Zone: v.Get("zone"),
	}
	q.Before, _ = time.Parse(time.RFC3339Nano, v.Get("before")) // what is none is the newest
	if n, err := strconv.Atoi(v.Get("skip")); err == nil {
		q.Skip = min(max(n, 0), maxSkip)
	}
	return q
}

// form is the query as its form shows it.
func (q logsQuery) form() form {
	return form{
		Name: "logs", Faults: map[string]string{},
		Values: map[string]string{"search": q.Search, "since": q.Since, "until": q.Until, "service": q.Service},
	}
}

// Narrow reports whether lines are left out.
func (q logsQuery) Narrow() bool { return q.Search != "" || q.Since != "" || q.Until != "" }

// ask makes it a question to the domain, or an error about the field at fault.
func (q logsQuery) ask(now time.Time) (app.LogQuery, error) {
	zone, err := time.LoadLocation(q.Zone)
	if err != nil {
		zone = time.UTC
	}
	asked := app.LogQuery{Grep: q.grep()}
	if asked.Since, err = momentOf("since", q.Since, now.In(zone)); err != nil {
		return asked, err
	}
	asked.Until, err = momentOf("until", q.Until, now.In(zone))
	return asked, err
}

// grep is the regular expression to search by. A text is found in capitals and small letters.
func (q logsQuery) grep() string {
	switch {
	case q.Search == "":
		return ""
	case q.Regexp:
		return q.Search
	}
	return "(?i)" + regexp.QuoteMeta(q.Search)
}

// values are the query as an address has it, without its place.
func (q logsQuery) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"service": q.Service, "search": q.Search, "since": q.Since, "until": q.Until, "zone": q.Zone} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Regexp {
		v.Set("regexp", "1")
	}
	return v
}

// older is the address, from its question mark on, of the lines before these.
func (q logsQuery) older(lines []logLine) string {
	first, skip := lines[0].Time, 0
	for skip < len(lines) && lines[skip].Time.Equal(first) {
		skip++
	}
	if q.Before.Equal(first) {
		skip += q.Skip
	}
	v := q.values()
	v.Set("before", first.UTC().Format(time.RFC3339Nano))
	v.Set("skip", strconv.Itoa(skip))
	return "?" + v.Encode()
}

// momentOf reads a time as people say it; the zero time when they say none.
func momentOf(field, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, now.Format(time.DateOnly)+" "+text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, app.Invalid(field, "%q is not a time; use one such as 15m, 12:00 or 2026-03-01 12:00", text)
}
