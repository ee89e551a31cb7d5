package ui

import (
	"cmp"
	"fmt"
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
	ID     string // its own in its page, so that it is told apart from the log of something else
	Stream string // the address of its stream; "" for one that has ended
	After  string // the place of the last line
	Lines  []logLine
	Ended  bool
	Older  string // the address of the lines before these; "" when there are none
	Pages  string // the address of which Older is one; "" for a log without pages
}

// logLine is a line as it is shown.
type logLine struct {
	app.LogLine
	Place string // by which it is told apart from all others of its view
	Level level
}

// Mark is the word that says what the line's colour does, "" where it has none.
func (l logLine) Mark() string {
	switch {
	case l.Level != "" && l.Level != levelInfo:
		return string(l.Level)
	case l.Level == "" && l.Stream == app.Stderr:
		return "err"
	}
	return ""
}

// newLogLine makes a line of a log that is one alone fit to be shown.
func newLogLine(line app.LogLine) logLine {
	line.Text, line.Replica = plain(line.Text), app.ShortReplica(line.Replica)
	return logLine{LogLine: line, Place: fmt.Sprint(line.Cursor), Level: levelOfLine(line)}
}

// readLog reads the last lines of a log. What has gone wrong with the log is shown in its
// place by the caller's failure page.
func readLog(name, stream string, ended bool, lines iter.Seq2[app.LogLine, error]) (logView, error) {
	view := logView{Name: name, ID: "log" + strings.ReplaceAll(stream, "/", "-"), Stream: stream, After: "0", Ended: ended}
	for line, err := range lines {
		if err != nil {
			return view, err
		}
		shown := newLogLine(line)
		view.Lines, view.After = append(view.Lines, shown), shown.Place
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

// place is the one of the last line that the browser has, which it names itself when it
// connects again (HTML, section 9.2.4).
func (c *call) place() string {
	return cmp.Or(c.Header.Get("Last-Event-ID"), c.URL.Query().Get("after"))
}

// logQuery is what the stream of one log asks for: the lines behind those that the browser has.
func (c *call) logQuery() app.LogQuery {
	return app.LogQuery{After: cursorOf(c.place()), Follow: true}
}

// cursorOf reads a cursor; what is none is before the first line.
func cursorOf(text string) app.Cursor {
	cursor, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return app.Cursor(cursor)
}
