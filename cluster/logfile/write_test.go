package logfile

import (
	"testing"
	"time"

	"gondor/app"
)

func TestLinesThatWereWrittenElsewhereKeepTheirTimes(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, DefaultLimits())
	early, late := time.Unix(1000, 5), time.Unix(2000, 7)
	must(t, s.Write(web, app.LogLine{Time: late, Stream: app.Stderr, Replica: "web-1", Text: "late"}))
	must(t, s.Close(web))
	must(t, s.Write(web,
		app.LogLine{Time: early, Stream: app.Stdout, Replica: "web-2", Text: "early", Cursor: 1},
		app.LogLine{Stream: app.Stdout, Replica: "web-2", Text: "now"}))
	must(t, s.Write(web))
	must(t, s.Shut())

	s = NewStore(dir, DefaultLimits())
	var last app.Cursor
	var times []time.Time
	for line, err := range s.Lines(t.Context(), app.LogQuery{Log: web}) {
		must(t, err)
		if line.Cursor <= last {
			t.Errorf("the cursor of %+v does not grow", line)
		}
		last = line.Cursor
		times = append(times, line.Time)
	}
	expect(t, texts(t, s, app.LogQuery{Log: web}), "late", "early", "now")
	if !times[0].Equal(late) || !times[1].Equal(early) || time.Since(times[2]) > time.Minute {
		t.Errorf("the lines came back with the times %v", times)
	}
	if err := s.Write("no log", app.LogLine{Text: "x"}); app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("writing to what can't be the name of a log is %v", err)
	}
}
