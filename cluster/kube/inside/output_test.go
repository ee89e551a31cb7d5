package inside

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"gondor/app"
)

func TestLinesCarryTheirStream(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream app.Stream
		line   string
		marked string
	}{
		{"the standard output is plain", app.Stdout, "hello", "hello"},
		{"colours stay", app.Stdout, "\x1b[31mred", "\x1b[31mred"},
		{"the standard error is marked", app.Stderr, "hello", "\x1b[;0mhello"},
		{"Gondor is marked", app.Gondor, "hello", "\x1b[;1mhello"},
		{"a line that looks marked is told apart", app.Stdout, "\x1b[;0mhello", "\x1b[;;0m\x1b[;0mhello"},
		{"and one that looks told apart", app.Stdout, "\x1b[;;0mhello", "\x1b[;;0m\x1b[;;0mhello"},
		{"of the standard error too", app.Stderr, "\x1b[;1mhello", "\x1b[;0m\x1b[;1mhello"},
		{"an empty line", app.Stderr, "", "\x1b[;0m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Mark(c.stream, c.line); got != c.marked {
				t.Errorf("it is marked as %q, want %q", got, c.marked)
			}
			if stream, line := Unmark(c.marked); stream != c.stream || line != c.line {
				t.Errorf("it is read as %q of %s", line, stream)
			}
		})
	}
}

func FuzzWhatIsMarkedIsReadAsItWas(f *testing.F) {
	for _, line := range []string{"", "hello", "\x1b[;0m", "\x1b[;1mx", "\x1b[;;0m\x1b[;"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, stream := range []app.Stream{app.Stdout, app.Stderr, app.Gondor} {
			if gotStream, got := Unmark(Mark(stream, line)); gotStream != stream || got != line {
				t.Errorf("%q of %s is read as %q of %s", line, stream, got, gotStream)
			}
		}
		if _, got := Unmark(line); !strings.HasSuffix(line, got) {
			t.Errorf("%q is read as %q", line, got)
		}
	})
}

func TestTheOutput(t *testing.T) {
	long := strings.Repeat("ä", 20000) // twice as many bytes
	for _, c := range []struct {
		name, command, out string
	}{
		{"both streams are in it", "echo out; sleep 0.1; echo err >&2", "out\n\x1b[;0merr\n"},
		{"the last line needs no end", "printf 'no end'", "no end\n"},
		{"nothing is nothing", "true", ""},
		{"empty lines stay", "printf '\\n\\nx\\n'", "\n\nx\n"},
		{"what is left of bytes that are no text is marked so", "printf 'a\\377b\\n'", "a\uFFFDb\n"},
		{"what the rest of the group would have written is not", "(sleep 0.2; echo late) & exit 0", ""},
		{"what a program of its own session still writes is, for a moment", "(setsid sh -c 'touch begun; sleep 0.1; echo late' &); while [ ! -e begun ]; do sleep 0.01; done", "late\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := run(t, Spec{Command: c.command})
			if got := p.out.String(); got != c.out {
				t.Errorf("it is %q, want %q", got, c.out)
			}
		})
	}
	t.Run("long lines are split between characters, each piece marked", func(t *testing.T) {
		t.Parallel()
		p := newContainer(t, Spec{Command: "cat long >&2"})
		p.ok(os.WriteFile(filepath.Join(p.dir, "long"), []byte(long+"\n"), 0o600))
		p.start().ends(0, "")
		whole := ""
		for line := range strings.Lines(p.out.String()) {
			stream, text := Unmark(strings.TrimSuffix(line, "\n"))
			if stream != app.Stderr || len(line) > 16<<10 || !utf8.ValidString(text) {
				t.Errorf("a piece of %d bytes is of %s", len(line), stream)
			}
			whole += text
		}
		if whole != long {
			t.Errorf("%d bytes came of %d", len(whole), len(long))
		}
	})
	t.Run("a prompt is shown although its line has no end", func(t *testing.T) {
		t.Parallel()
		p := newContainer(t, Spec{Command: "printf 'name? '; exec sleep 1000"}).start()
		p.writes("name? \n")
	})
}

func TestAnOutputThatNobodyReadsMakesTheProgramWait(t *testing.T) {
	c := newContainer(t, Spec{Command: "for i in $(seq 100); do head -c 10000 /dev/zero; echo; echo $i > count; done"})
	r, w, err := os.Pipe()
	c.ok(err)
	defer func() { _ = r.Close() }()
	c.output = w
	c.start()
	c.ok(w.Close())
	last, steady := 0, 0
	eventually(t, "the program waits", func() bool {
		text, _ := os.ReadFile(filepath.Join(c.dir, "count"))
		now, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		if now != last || now == 0 {
			last, steady = now, 0
		}
		steady++
		return steady > 40
	})
	if last == 100 {
		t.Error("it wrote everything")
	}
	c.ok(r.Close()) // and then nobody ever will
	c.ends(0, "")
}
