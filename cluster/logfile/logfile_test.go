package logfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gondor/app"
)

const web app.LogName = "service/web"

func texts(t *testing.T, s *Store, q app.LogQuery) []string {
	t.Helper()
	var all []string
	for line, err := range s.Lines(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line.Text)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// tiny keeps about forty lines of the length that these tests write.
func tiny() Limits { return Limits{Log: 4000, Segment: 1000} }

func fill(t *testing.T, s *Store, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		must(t, s.Append(web, fmt.Sprintf("line %04d %s", i, strings.Repeat("x", 60))))
	}
}

func TestLinesOfALogComeBackInOrderAfterAReopen(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, DefaultLimits())
	must(t, s.Append(web, "one\ntwo\n"))
	w, err := s.Writer(web)
	must(t, err)
	must(t, w.Append(app.LogLine{Stream: app.Stderr, Replica: "web-1", Text: "three"}))
	w.Release()
	must(t, s.Shut())

	s = NewStore(dir, DefaultLimits())
	must(t, s.Append(web, "four"))
	expect(t, texts(t, s, app.LogQuery{Log: web}), "one", "two", "three", "four")
	expect(t, texts(t, s, app.LogQuery{Log: web, After: 2}), "three", "four")
	expect(t, texts(t, s, app.LogQuery{Log: web, Last: 1}), "four")
	expect(t, texts(t, s, app.LogQuery{Log: web, After: 3, Last: 3}), "four")
	for line, err := range s.Lines(t.Context(), app.LogQuery{Log: web, After: 2}) {
		must(t, err)
		if line.Cursor != 3 || line.Stream != app.Stderr || line.Replica != "web-1" || time.Since(line.Time) > time.Minute {
			t.Fatalf("the line came back as %+v", line)
		}
		break
	}
}

func TestALogThatNobodyHasWrittenToHasNoLinesAndMakesNoFiles(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, DefaultLimits())
	expect(t, texts(t, s, app.LogQuery{Log: web}))
	must(t, s.Drop(web))
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 0 {
		t.Fatalf("there is %v", entries)
	}
}

func TestTheOldestSegmentsGoWhenTheBudgetIsUsed(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, tiny())
	fill(t, s, 1, 200)
	var total int64
	segments, err := listSegments(filepath.Join(dir, "service", "web"))
	must(t, err)
	for _, one := range segments {
		total += one.size
	}
	if total > tiny().Log || len(segments) < 2 {
		t.Fatalf("%d bytes in %d segments", total, len(segments))
	}
	lines := texts(t, s, app.LogQuery{Log: web})
	if len(lines) < 10 || len(lines) > 40 || !strings.HasPrefix(lines[len(lines)-1], "line 0200") {
		t.Fatalf("%d lines are left, the last %q", len(lines), lines[len(lines)-1])
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, fmt.Sprintf("line %04d", 200-len(lines)+1+i)) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

func TestATornRecordIsPassedOverAndNothingElseIsLost(t *testing.T) {
	record := encode(nil, app.LogLine{Cursor: 3, Time: time.Now(), Stream: app.Stdout, Text: "torn"})
	flipped := bytes.Clone(record)
	flipped[len(flipped)-1] ^= 1
	tests := map[string][]byte{
		"only a length":                 record[:4],
		"a header":                      record[:headerSize],
		"all but the last byte":         record[:len(record)-1],
		"a changed byte":                flipped,
		"zeros as a file system leaves": make([]byte, 100),
		"a length that is too large":    {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3},
	}
	for name, tail := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := NewStore(dir, DefaultLimits())
			must(t, s.Append(web, "one\ntwo"))
			must(t, s.Shut())
			path := segment{first: 1}.path(filepath.Join(dir, "service", "web"))
			whole, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, append(whole, tail...), 0o600))

			s = NewStore(dir, DefaultLimits())
			expect(t, texts(t, s, app.LogQuery{Log: web}), "one", "two")
			must(t, s.Append(web, "three"))
			expect(t, texts(t, s, app.LogQuery{Log: web}), "one", "two", "three")
			expect(t, texts(t, s, app.LogQuery{Log: web, Last: 1}), "three")
		})
	}
}

func TestASegmentThatIsTornFromItsBeginningGetsASuccessor(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "service", "web")
	must(t, os.MkdirAll(at, 0o700))
	must(t, os.WriteFile(segment{first: 7}.path(at), []byte("torn"), 0o600))
	s := NewStore(dir, DefaultLimits())
	must(t, s.Append(web, "new"))
	expect(t, texts(t, s, app.LogQuery{Log: web}), "new")
}

// follow reads a log in the background; the channel is closed when it ends.
func follow(t *testing.T, ctx context.Context, s *Store, q app.LogQuery) (<-chan string, <-chan error) {
	t.Helper()
	lines, failed := make(chan string), make(chan error, 1)
	go func() {
		defer close(lines)
		for line, err := range s.Lines(ctx, q) {
			if err != nil {
				failed <- err
				return
			}
			lines <- line.Text
		}
	}()
	return lines, failed
}

func TestAFollowerSeesWhatIsWrittenAndEndsWhenTheLogEnds(t *testing.T) {
	ends := map[string]func(*Store) error{
		"closed":  func(s *Store) error { return s.Close(web) },
		"dropped": func(s *Store) error { return s.Drop(web) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s := NewStore(t.TempDir(), tiny())
			lines, _ := follow(t, t.Context(), s, app.LogQuery{Log: web, Follow: true})
			for i := range 200 {
				fill(t, s, i, i)
				if got := <-lines; !strings.HasPrefix(got, fmt.Sprintf("line %04d", i)) {
					t.Fatalf("got %q as line %d", got, i)
				}
			}
			must(t, end(s))
			if line, more := <-lines; more {
				t.Fatalf("got %q after the end", line)
			}
		})
	}
}

func TestAClosedLogEndsItsFollowersAfterAReopenToo(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, DefaultLimits())
	must(t, s.Append(web, "one\ntwo"))
	must(t, s.Close(web))
	must(t, s.Shut())
	s = NewStore(dir, DefaultLimits())
	expect(t, texts(t, s, app.LogQuery{Log: web, Follow: true}), "one", "two")
	expect(t, texts(t, s, app.LogQuery{Log: web, Follow: true, Last: 1}), "two")
}

func TestAFollowerEndsWithItsContext(t *testing.T) {
	s := NewStore(t.TempDir(), DefaultLimits())
	ctx, cancel := context.WithCancel(t.Context())
	lines, failed := follow(t, ctx, s, app.LogQuery{Log: web, Follow: true})
	must(t, s.Append(web, "one"))
	<-lines
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
}

func TestASlowFollowerMissesWhatLeftTheBudgetAndGoesOn(t *testing.T) {
	s := NewStore(t.TempDir(), tiny())
	fill(t, s, 1, 1)
	lines, _ := follow(t, t.Context(), s, app.LogQuery{Log: web, Follow: true})
	<-lines
	fill(t, s, 2, 500)
	must(t, s.Close(web))
	var got []string
	for line := range lines {
		got = append(got, line)
	}
	if len(got) < 10 || len(got) > 60 || !strings.HasPrefix(got[len(got)-1], "line 0500") {
		t.Fatalf("got %d lines", len(got))
	}
}

func TestDroppingALogLeavesThoseBelowIt(t *testing.T) {
	s := NewStore(t.TempDir(), DefaultLimits())
	must(t, s.Append("build", "above"))
	must(t, s.Append("build/one", "below"))
	must(t, s.Drop("build"))
	expect(t, texts(t, s, app.LogQuery{Log: "build"}))
	expect(t, texts(t, s, app.LogQuery{Log: "build/one"}), "below")
	must(t, s.Append("build", "again"))
	expect(t, texts(t, s, app.LogQuery{Log: "build"}), "again")
}

func TestManyLogsDoNotKeepTheirFilesOpen(t *testing.T) {
	s := NewStore(t.TempDir(), DefaultLimits())
	for i := range 3 * idleBudgets {
		must(t, s.Append(app.LogName(fmt.Sprintf("build/%d", i)), "x"))
	}
	if len(s.budgets) > idleBudgets {
		t.Fatalf("%d logs are known", len(s.budgets))
	}
	expect(t, texts(t, s, app.LogQuery{Log: "build/0"}), "x")
}

func TestNamesOfLogs(t *testing.T) {
	tests := map[app.LogName]bool{
		"build/0ab": true, "web": true, "a-b/c": true,
		"": false, "/etc": false, "../x": false, "a/../b": false, "a//b": false, "a/": false, "A": false, "a.log": false,
		"a\x00": false, app.LogName(strings.Repeat("a", 201)): false, "-a": false, "a\n": false,
	}
	for name, right := range tests {
		if err := CheckName(name); (err == nil) != right || (err != nil && app.CodeOf(err) != app.CodeInvalid) {
			t.Errorf("CheckName(%q) is %v", name, err)
		}
	}
}

func TestLinesOfAStream(t *testing.T) {
	long := strings.Repeat("é", MaxText/2) // exactly one line
	tests := map[string]struct {
		chunks []string
		want   []string
	}{
		"lines in one chunk":              {[]string{"a\nb\n"}, []string{"a", "b"}},
		"a line in many chunks":           {[]string{"a", "b", "c\n"}, []string{"abc"}},
		"an empty line":                   {[]string{"\n\n"}, []string{"", ""}},
		"the end of lines of a terminal":  {[]string{"a\r", "\nb\r\n"}, []string{"a", "b"}},
		"no newline at the end":           {[]string{"a\nb"}, []string{"a", "b"}},
		"a line of the greatest length":   {[]string{long + "\n"}, []string{long}},
		"a line that is longer":           {[]string{long + "x\n"}, []string{long, "x"}},
		"a character across the boundary": {[]string{"x" + long + "\n"}, []string{"x" + long[:MaxText-2], "é"}},
		"bytes that are not UTF-8":        {[]string{"a\xff\xfeb\n"}, []string{"a\uFFFDb"}},
		"a flushed prompt and its end":    {[]string{"name: ", "FLUSH", "\n", "next\n"}, []string{"name: ", "next"}},
		"a flushed prompt and more":       {[]string{"name: ", "FLUSH", "x\n", "\n"}, []string{"name: ", "x", ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var s Splitter
			var got []string
			line := func(text string) { got = append(got, text) }
			for _, chunk := range test.chunks {
				if chunk == "FLUSH" {
					s.Flush(line)
					continue
				}
				s.Add([]byte(chunk), line)
			}
			s.Flush(line)
			expect(t, got, test.want...)
		})
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a\r\n\xffb\n"), 3)
	f.Add(bytes.Repeat([]byte("é\xff"), MaxText), 1000)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		var s Splitter
		check := func(text string) {
			if len(text) > MaxText || !utf8.ValidString(text) || strings.Contains(text, "\n") {
				t.Fatalf("not a line: %d bytes", len(text))
			}
		}
		for len(data) > 0 {
			n := min(max(step, 1), len(data))
			s.Add(data[:n], check)
			data = data[n:]
		}
		s.Flush(check)
	})
}

func TestLinesAreTheSameOnTheOtherSide(t *testing.T) {
	want := []app.LogLine{
		{Time: time.Unix(1, 2), Stream: app.Router, Text: "method=GET"},
		{Time: time.Unix(3, 4), Stream: app.Stderr, Replica: "web-1", Text: "é"},
	}
	got, err := DecodeLines(EncodeLines(want))
	must(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("%+v came back as %+v", want, got)
	}
	if _, err := DecodeLines(EncodeLines(want)[1:]); err == nil {
		t.Error("what was cut is read")
	}
}

func FuzzDecodeLines(f *testing.F) {
	f.Add(EncodeLines([]app.LogLine{{Time: time.Unix(1, 2), Stream: app.Router, Text: "a"}, {Time: time.Unix(1, 3), Text: "b"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := DecodeLines(data)
		if err == nil && !bytes.Equal(EncodeLines(lines), data) {
			t.Fatalf("%+v does not encode to what it was decoded from", lines)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(nil, app.LogLine{Cursor: 1, Time: time.Unix(1, 2), Stream: app.Stderr, Replica: "r", Text: "text"}))
	f.Add([]byte{0, 0, 0, 18})
	f.Fuzz(func(t *testing.T, data []byte) {
		one, n, err := decode(data)
		if err != nil {
			return
		}
		line := one.line()
		if n > len(data) || !bytes.Equal(encode(nil, line), data[:n]) {
			t.Fatalf("%+v does not encode to what it was decoded from", line)
		}
	})
}
