package build_test

import (
	"maps"
	"strings"
	"testing"

	"gondor/app"
	"gondor/build"
)

func TestReadProcfile(t *testing.T) {
	tests := map[string]struct {
		text string
		want map[string]string
	}{
		"a type and its command":                     {"web: run it", map[string]string{"web": "run it"}},
		"a command may hold colons":                  {"web: bind 0.0.0.0:$PORT", map[string]string{"web": "bind 0.0.0.0:$PORT"}},
		"comments and empty lines are left out":      {"# hello\n\nweb: a\n  # more\nworker: b\n", map[string]string{"web": "a", "worker": "b"}},
		"line ends may be those of Windows":          {"web: a\r\nworker: b\r\n", map[string]string{"web": "a", "worker": "b"}},
		"a byte order mark is no part of the type":   {"\ufeffweb: a", map[string]string{"web": "a"}},
		"space around type and command is no matter": {"  web :\t a  ", map[string]string{"web": "a"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := build.ReadProcfile([]byte(test.text))
			if err != nil || !maps.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestReadProcfileRefuses(t *testing.T) {
	tests := map[string]struct{ text, says string }{
		"a line without a colon":           {"# a\nweb run", "line 2"},
		"a type twice, naming both lines":  {"web: a\n\nweb: b", `line 3: "web" stands on line 1`},
		"a type without a command":         {"web:", `"web" has no command`},
		"a type that can't be one":         {"my web: a", `"my web" is not a process type`},
		"a line without a type":            {": a", "is not a process type"},
		"bytes that are not text":          {"web: a\x00b", "not text"},
		"a file without any process":       {"# only this\n", "names no process"},
		"an empty file":                    {"", "names no process"},
		"a file of an unreasonable length": {strings.Repeat("# filler\n", 10_000), "at most"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := build.ReadProcfile([]byte(test.text))
			wantInvalid(t, err, test.says)
		})
	}
}

// wantInvalid fails the test unless err is of CodeInvalid and says so.
func wantInvalid(t *testing.T, err error, says string) {
	t.Helper()
	if app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), says) {
		t.Errorf("got error %v; want one of code invalid that says %q", err, says)
	}
}

func FuzzReadProcfile(f *testing.F) {
	f.Add([]byte("web: a\r\n# c\nworker: b"))
	f.Add([]byte("web a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		processes, err := build.ReadProcfile(text)
		if err != nil {
			if app.CodeOf(err) != app.CodeInvalid {
				t.Fatalf("%v is not an error for people", err)
			}
			return
		}
		again := ""
		for name, command := range processes {
			again += name + ": " + command + "\n"
		}
		same, err := build.ReadProcfile([]byte(again))
		if err != nil || !maps.Equal(same, processes) {
			t.Fatalf("%q became %v, %v", again, same, err)
		}
	})
}
