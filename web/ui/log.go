package ui

import (
	"iter"
	"regexp"
	"strconv"
	"strings"

	"gondor/app"
)

// shownLines is how many lines of a log a page begins with.
const shownLines = 500

// logView is the last lines of a log, and where the lines after them come from.
type logView struct {
	Name   string
	Stream string // the address of its stream; "" for one that has ended
	After  app.Cursor
	Lines  []app.LogLine
	Ended  bool
}

// ID is the view's own in its page, so that it is told apart from the log of something else.
func (l logView) ID() string { return "log" + strings.ReplaceAll(l.Stream, "/", "-") }

// readLog reads the last lines of a log. What has gone wrong with the log is shown in its
// place by the caller's failure page.
func readLog(name, stream string, ended bool, lines iter.Seq2[app.LogLine, error]) (logView, error) {
	view := logView{Name: name, Stream: stream, Ended: ended}
	for line, err := range lines {
		if err != nil {
			return view, err
		}
		line.Text, line.Replica = plain(line.Text), app.ShortReplica(line.Replica)
		view.Lines, view.After = append(view.Lines, line), line.Cursor
	}
	return view, nil
}

// control matches what programs write for terminals: ECMA-48 sections 5.4 (CSI) and 8.3.89
// (OSC), and lone control characters other than the tab.
var control = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)?|\x1b.|[\x00-\x08\x0a-\x1f\x7f]`)

// plain is a line without what only a terminal understands. Of a line that was written
// over again and again, such as a progress bar, the last state remains.
func plain(text string) string {
	text = strings.TrimRight(text, "\r")
	if i := strings.LastIndexByte(text, '\r'); i >= 0 {
		text = text[i+1:]
	}
	return control.ReplaceAllString(text, "")
}

// logQuery is what a stream asks for: the lines after the last one that the browser has,
// which it names itself when it connects again (HTML, section 9.2.4).
func (c *call) logQuery() app.LogQuery {
	after := c.Header.Get("Last-Event-ID")
	if after == "" {
		after = c.URL.Query().Get("after")
	}
	cursor, err := strconv.ParseUint(after, 10, 64)
	if err != nil {
		cursor = 0 // from the first line
	}
	return app.LogQuery{After: app.Cursor(cursor), Follow: true}
}
