package progress_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"gondor/cli/progress"
)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// screen keeps what was written, and how often.
type screen struct {
	text   bytes.Buffer
	writes int
}

func (s *screen) Write(p []byte) (int, error) { s.writes++; return s.text.Write(p) }

func (s *screen) String() string { return s.text.String() }

func TestElsewhereThanOnATerminalThereAreOnlyLines(t *testing.T) {
	var out screen
	time0 := &clock{}
	d := progress.New(progress.Options{Out: &out, Now: time0.Now})
	d.Step("Build")
	fmt.Fprint(d, "one\ntw")
	fmt.Fprint(d, "o\n")
	time0.pass(2500 * time.Millisecond)
	d.Step("Release")
	d.Detail("waits for v3 of ann")
	d.Detail("waits for v3 of ann")
	d.Print("warning: x")
	time0.pass(65 * time.Second)
	d.Fail()
	d.Close()
	want := `Build...
  one
  two
Build: done after 2.5 s
Release...
  Release: waits for v3 of ann
warning: x
Release: failed after 1 min 5 s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestOnATerminalTheStepStaysOnTheLastLine(t *testing.T) {
	var out screen
	time0 := &clock{}
	d := progress.New(progress.Options{Out: &out, Terminal: true, Now: time0.Now})
	d.Step("Build")
	time0.pass(3 * time.Second)
	writes := out.writes
	fmt.Fprint(d, "one\ntwo\n")
	if out.writes != writes+1 {
		t.Errorf("two lines took %d writes; want 1, so that nothing flickers", out.writes-writes)
	}
	d.Detail("2 of 3")
	d.Done()
	d.Close()
	want := "  Build  0 s" +
		"\r\x1b[K  one\n  two\n  Build  3 s" +
		"\r\x1b[K  Build: 2 of 3  3 s" +
		"\r\x1b[K✓ Build  3 s\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}

func TestNothingIsDrawnThatStandsThereAlready(t *testing.T) {
	var out screen
	time0 := &clock{}
	d := progress.New(progress.Options{Out: &out, Terminal: true, Now: time0.Now})
	defer d.Close()
	d.Step("Build")
	writes := out.writes
	d.Detail("")
	if out.writes != writes {
		t.Errorf("drawn again although nothing changed")
	}
}

func TestTheLastLineFitsTheTerminal(t *testing.T) {
	var out screen
	d := progress.New(progress.Options{Out: &out, Terminal: true, Width: func() int { return 20 }, Now: (&clock{}).Now})
	d.Step(strings.Repeat("wide ", 10))
	if line := out.String(); len([]rune(line)) > 20 || !strings.Contains(line, "…") {
		t.Errorf("the line is %q", line)
	}
	d.Close()
}

func TestColoursAreUsedWhereTheyMay(t *testing.T) {
	var out screen
	d := progress.New(progress.Options{Out: &out, Terminal: true, Color: true, Now: (&clock{}).Now})
	d.Step("Build")
	d.Fail()
	d.Close()
	if !strings.Contains(out.String(), "\x1b[31m✗\x1b[0m Build") {
		t.Errorf("got %q", out.String())
	}
}

func TestClean(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"plain text stays":                     {"a b\tc", "a b\tc"},
		"colours stay and are ended":           {"\x1b[31mred", "\x1b[31mred\x1b[0m"},
		"what moves the cursor goes":           {"a\x1b[2Jb\x1b[1;1Hc", "abc"},
		"a title goes":                         {"\x1b]0;title\x07text", "text"},
		"the last version of a line stays":     {"10%\r50%\r100%\r\n", "100%"},
		"the bell and other controls go":       {"a\x07b\x00c\x7f", "abc"},
		"an unfinished sequence goes":          {"a\x1b[", "a"},
		"what is not UTF-8 becomes its symbol": {"a\xffb", "a\uFFFDb"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := progress.Clean(c.line); got != c.want {
				t.Errorf("got %q; want %q", got, c.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[31mred\x1b]0;x\x07\r\x1b[2J")
	f.Fuzz(func(t *testing.T, line string) {
		clean := progress.Clean(line)
		for rest := clean; rest != ""; {
			at := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
			if at < 0 {
				return
			}
			end := strings.IndexByte(rest[at:], 'm')
			if rest[at] != '\x1b' || end < 0 || strings.Trim(rest[at+1:at+end], "[0123456789;:") != "" {
				t.Fatalf("%q became %q", line, clean)
			}
			rest = rest[at+end+1:]
		}
	})
}
