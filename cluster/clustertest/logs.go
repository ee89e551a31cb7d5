package clustertest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gondor/app"
)

func testLogs(t *testing.T, subject Subject) {
	t.Run("a log that nobody has written to has no lines", func(t *testing.T) {
		b := newBench(t, subject)
		if lines := b.lines("release/nothing"); len(lines) > 0 {
			t.Errorf("it has %q", lines)
		}
		b.ok(b.Drop(context.Background(), "release/nothing"))
	})
	t.Run("lines have growing cursors, their stream and their writer", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("echo out; echo err >&2")
		b.ok(b.Append(context.Background(), p.LogName, "before"))
		b.ok(b.Start(context.Background(), p))
		_, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		b.ok(b.Append(context.Background(), p.LogName, "after"))
		streams := map[string]app.Stream{}
		var last app.Cursor
		for line, err := range b.Lines(context.Background(), app.LogQuery{Log: p.LogName}) {
			b.ok(err)
			streams[line.Text] = line.Stream
			if line.Cursor <= last || line.Time.IsZero() || (line.Replica == string(p.ID)) == (line.Stream == app.Gondor) {
				t.Errorf("behind %d there is %+v", last, line)
			}
			last = line.Cursor
		}
		want := map[string]app.Stream{"before": app.Gondor, "out": app.Stdout, "err": app.Stderr, "after": app.Gondor}
		for text, stream := range want {
			if streams[text] != stream {
				t.Errorf("%q is of the stream %q, want %q", text, streams[text], stream)
			}
		}
	})
	t.Run("they are read behind a cursor, the last ones, and after a restart", func(t *testing.T) {
		b := newBench(t, subject)
		for _, text := range []string{"one", "two", "three", "four"} {
			b.ok(b.Append(context.Background(), "release/log", text))
		}
		b.restart()
		all := b.query(app.LogQuery{Log: "release/log"})
		behind := b.query(app.LogQuery{Log: "release/log", After: all[1].Cursor})
		last := b.query(app.LogQuery{Log: "release/log", Last: 3})
		if len(all) != 4 || len(behind) != 2 || behind[0].Text != "three" || len(last) != 3 || last[0].Text != "two" {
			t.Errorf("there are %v, behind the second %v, the last three %v", all, behind, last)
		}
	})
	t.Run("lines that are written keep their times, streams and order", func(t *testing.T) {
		b := newBench(t, subject)
		const log app.LogName = "instance/written/access"
		start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
		var lines []app.LogLine
		for i := range 600 {
			lines = append(lines, app.LogLine{Time: start.Add(time.Duration(i) * time.Millisecond), Stream: app.Router, Text: fmt.Sprint("request ", i)})
		}
		b.ok(b.Write(context.Background(), log, lines...))
		b.ok(b.Write(context.Background(), log))
		got := b.query(app.LogQuery{Log: log})
		if len(got) != len(lines) {
			t.Fatalf("of %d lines there are %d", len(lines), len(got))
		}
		for i, line := range got {
			if !line.Time.Equal(lines[i].Time) || line.Stream != app.Router || line.Text != lines[i].Text || i > 0 && line.Cursor <= got[i-1].Cursor {
				t.Fatalf("line %d came back as %+v", i, line)
			}
		}
		b.ok(b.Drop(context.Background(), log))
	})
	t.Run("a query narrows them by time and by an expression", func(t *testing.T) {
		b := newBench(t, subject)
		for _, text := range []string{"GET / 200", "error: one", "GET / 404", "Error: two"} {
			b.ok(b.Append(context.Background(), "release/log", text))
		}
		matching := b.query(app.LogQuery{Log: "release/log", Grep: "(?i)^error", Last: 1})
		later := b.query(app.LogQuery{Log: "release/log", Since: time.Now().Add(time.Hour)})
		earlier := b.query(app.LogQuery{Log: "release/log", Until: time.Now().Add(time.Hour)})
		if len(matching) != 1 || matching[0].Text != "Error: two" || len(later) != 0 || len(earlier) != 4 {
			t.Errorf("of an expression there are %v, later %v, earlier %v", matching, later, earlier)
		}
		for _, err := range b.Lines(context.Background(), app.LogQuery{Log: "release/log", Grep: "a(b"}) {
			if app.CodeOf(err) != app.CodeInvalid {
				t.Errorf("an expression that is none is told %v", err)
			}
		}
	})
	t.Run("who follows sees what comes and ends when the log is closed", func(t *testing.T) {
		b := newBench(t, subject)
		b.ok(b.Append(context.Background(), "release/log", "one"))
		var texts []string
		for line, err := range b.Lines(context.Background(), app.LogQuery{Log: "release/log", Follow: true}) {
			b.ok(err)
			texts = append(texts, line.Text)
			if line.Text == "one" {
				b.ok(b.Append(context.Background(), "release/log", "two"))
				b.ok(b.Close(context.Background(), "release/log"))
			}
		}
		if !slices.Equal(texts, []string{"one", "two"}) {
			t.Errorf("who follows sees %q", texts)
		}
	})
	t.Run("a dropped log has no lines", func(t *testing.T) {
		b := newBench(t, subject)
		b.ok(b.Append(context.Background(), "release/log", "one"))
		b.ok(b.Drop(context.Background(), "release/log"))
		if lines := b.lines("release/log"); len(lines) > 0 {
			t.Errorf("it has %q", lines)
		}
	})
}

func (b *bench) query(q app.LogQuery) []app.LogLine {
	b.Helper()
	var lines []app.LogLine
	for line, err := range b.Lines(context.Background(), q) {
		b.ok(err)
		lines = append(lines, line)
	}
	return lines
}
