package web

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// lines are a log as the domain yields it.
type lines = iter.Seq2[app.LogLine, error]

// logOf is a route that reads a log, as JSON lines or server-sent events.
func logOf(path, summary string, fn func(*call, app.LogQuery) (lines, error)) route {
	return route{
		method: http.MethodGet, path: path, summary: summary + ", as JSON lines or, when Accept asks for it, server-sent events",
		out: reflect.TypeFor[api.LogLine](), gets: jsonLines, status: http.StatusOK,
		serve: func(c *call) error { return serveLog(c, fn) },
	}.asks("after", "only lines behind this cursor", "since", "only lines of this time (RFC 3339) and later", "until", "only lines before this time",
		"grep", "only lines that match this regular expression", "last", "of all these, only the last so many", "follow", "true: wait for more until the log ends")
}

func serveLog(c *call, fn func(*call, app.LogQuery) (lines, error)) error {
	query, err := c.logQuery()
	if err != nil {
		return err
	}
	log, err := fn(c, query)
	if err != nil {
		return err
	}
	if strings.Contains(c.Request().Header.Get("Accept"), eventStream) {
		return c.stream(func(ctx context.Context, out *events) error { return sendLog(ctx, out, log) })
	}
	return c.writeLog(log)
}

func (c *call) logQuery() (q app.LogQuery, err error) {
	after, err := c.number("after")
	if err != nil {
		return q, err
	}
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		if seen, err := strconv.ParseUint(last, 10, 64); err == nil {
			after = max(after, seen)
		}
	}
	q = app.LogQuery{After: app.Cursor(after), Grep: c.QueryParam("grep"), Follow: c.QueryParam("follow") == "true"}
	last, err := c.number("last")
	if err != nil {
		return q, err
	}
	q.Last = int(last)
	if q.Since, err = c.moment("since"); err != nil {
		return q, err
	}
	q.Until, err = c.moment("until")
	return q, err
}

// moment is the time of a parameter, the zero time when it is not given.
func (c *call) moment(name string) (time.Time, error) {
	text := c.QueryParam(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, logTime} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, app.Invalid(name, "%q is not a time; write one such as %q", text, "2026-03-01T12:00:00Z")
}

// logTime is how the first clients write times.
const logTime = "2006-01-02T15:04:05-0700"

func logLine(l app.LogLine) api.LogLine {
	return api.LogLine{Cursor: l.Cursor, Time: l.Time, Stream: l.Stream, Replica: l.Replica, Text: l.Text}
}

// sendLog writes events until the log ends, and then says so.
func sendLog(ctx context.Context, out *events, log lines) error {
	for line, err := range log {
		if err != nil {
			return err
		}
		if ctx.Err() != nil || out.send("line", strconv.FormatUint(uint64(line.Cursor), 10), logLine(line)) != nil {
			return nil
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	_ = out.send("end", "", struct{}{}) // or it has gone
	return nil
}

// writeLog writes one line of JSON for each line. An error after the first can only
// break the answer off.
func (c *call) writeLog(log lines) error {
	c.Response().Header().Set("Content-Type", jsonLines)
	control := http.NewResponseController(c.Response())
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	encoder := json.NewEncoder(c.Response())
	for line, err := range log {
		if err != nil {
			return err
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeLimit))
		if encoder.Encode(logLine(line)) != nil || control.Flush() != nil {
			return nil
		}
	}
	return nil
}
