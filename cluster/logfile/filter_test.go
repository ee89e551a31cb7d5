package logfile

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"gondor/app"
)

// hours writes six lines, an hour apart, over several segments.
func hours(t *testing.T, s *Store, start time.Time) {
	t.Helper()
	for i, text := range []string{"GET / 200", "GET /a 404", "error: no such table", "GET / 200", "Error: again", "GET /b 404"} {
		must(t, s.Write(web, app.LogLine{Time: start.Add(time.Duration(i) * time.Hour), Stream: app.Stdout, Text: text}))
	}
}

func TestAQueryNarrowsWhichLinesAreRead(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := NewStore(t.TempDir(), Limits{Log: 4000, Segment: 60})
	hours(t, s, start)
	for _, c := range []struct {
		name string
		q    app.LogQuery
		want []string
	}{
		{"since a moment, that moment included", app.LogQuery{Since: start.Add(4 * time.Hour)}, []string{"Error: again", "GET /b 404"}},
		{"until a moment, that moment left out", app.LogQuery{Until: start.Add(time.Hour)}, []string{"GET / 200"}},
		{"between two", app.LogQuery{Since: start.Add(time.Hour), Until: start.Add(3 * time.Hour)}, []string{"GET /a 404", "error: no such table"}},
		{"of an expression", app.LogQuery{Grep: "(?i)^error"}, []string{"error: no such table", "Error: again"}},
		{"the last of those that match", app.LogQuery{Grep: "GET", Last: 2}, []string{"GET / 200", "GET /b 404"}},
		{"more than match", app.LogQuery{Grep: "404", Last: 5}, []string{"GET /a 404", "GET /b 404"}},
		{"behind a cursor", app.LogQuery{Grep: "GET", After: 2}, []string{"GET / 200", "GET /b 404"}},
		{"none", app.LogQuery{Grep: "POST"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.Log = web
			expect(t, texts(t, s, c.q), c.want...)
		})
	}
}

func TestAnExpressionThatIsNoneIsRefused(t *testing.T) {
	s := NewStore(t.TempDir(), DefaultLimits())
	for _, err := range s.Lines(t.Context(), app.LogQuery{Log: web, Grep: "a(b"}) {
		if app.CodeOf(err) != app.CodeInvalid {
			t.Errorf("it is told %v", err)
		}
		return
	}
	t.Error("it is told nothing")
}

func TestWhoFollowsWhatMatchesGoesOnWithNewLines(t *testing.T) {
	s := NewStore(t.TempDir(), tiny())
	hours(t, s, time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	for line, err := range s.Lines(ctx, app.LogQuery{Log: web, Grep: "404", Last: 1, Follow: true}) {
		must(t, err)
		if got = append(got, line.Text); len(got) == 2 {
			break
		}
		must(t, s.Append(web, "GET / 200\nGET /new 404"))
	}
	expect(t, got, "GET /b 404", "GET /new 404")
}

// FuzzRequired holds that no line that matches is left out by looking for required texts.
func FuzzRequired(f *testing.F) {
	for _, seed := range [][2]string{
		{"(?i)error|warn", "an ERROR"},
		{"a+b*c?", "aab"},
		{"(?i)k", "\u212a"},
		{"(?i)straße", "STRASSE"},
		{"x{2,3}y", "xxy"},
		{"(ab|cd)+e", "abcde"},
		{"(?i)s", "\u017f"},
		{"^$", ""},
		{"[ab]c", "bc"},
		{"(?i)é", "É"},
		{`5\d\d`, "502"},
		{`a\d+b`, "a12b"},
		{`[^a]\d`, "é1"},
		{`\bx[0-9a-f]{2}`, "x0f"},
		{`(5|6)\d`, "61"},
		{"\ufffd", "\xff"},
	} {
		f.Add(seed[0], []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, expression string, text []byte) {
		grep, err := regexp.Compile(expression)
		if err != nil {
			return
		}
		required := requiredBy(expression)
		if grep.Match(text) && !required.in(text) {
			t.Fatalf("%q matches %q, and has none of its needles", text, expression)
		}
		if required.enough && required.in(text) && !grep.Match(text) {
			t.Fatalf("%q does not match %q, and has one of its needles", text, expression)
		}
	})
}

// BenchmarkSearch finds a hundred of two million lines in 256 MB.
func BenchmarkSearch(b *testing.B) {
	s := NewStore(b.TempDir(), Limits{Log: 512 << 20, Segment: DefaultLimits().Segment})
	var lines []app.LogLine
	written := 0
	for i := 0; written < 256<<20; i++ {
		text := fmt.Sprintf("10.0.0.1 - - [26/Nov/2026] \"GET /products/%d HTTP/1.1\" 200 %d curl", i, i)
		if i%20_000 == 0 {
			text = "django.db.utils.OperationalError: database is locked"
		}
		lines = append(lines, app.LogLine{Time: time.Unix(int64(i), 0), Stream: app.Stdout, Replica: "web-1", Text: text})
		written += len(text) + 40
		if len(lines) == 5000 {
			if err := s.Write(web, lines...); err != nil {
				b.Fatal(err)
			}
			lines = lines[:0]
		}
	}
	b.SetBytes(int64(written))
	for _, grep := range []string{"OperationalError", "(?i)operational.*locked$", "error|Error", `5\d\d`, `\b5\d\d\b`, `products/\d+7 .* 200`, `[a-z]+\.[a-z]+\.[A-Z]\w+`} {
		b.Run(grep, func(b *testing.B) {
			for b.Loop() {
				found := 0
				for _, err := range s.Lines(b.Context(), app.LogQuery{Log: web, Grep: grep, Last: 1000}) {
					if err != nil {
						b.Fatal(err)
					}
					found++
				}
				if found < 50 {
					b.Fatalf("%d lines were found", found)
				}
			}
		})
	}
}
