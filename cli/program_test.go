package cli

import (
	"bytes"
	"strings"
	"testing"
)

// runProgram runs a program in an empty world and returns what it wrote.
func runProgram(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	if env == nil {
		env = map[string]string{}
	}
	if env["HOME"] == "" {
		env["HOME"] = t.TempDir()
	}
	p := New(IO{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints,
		Env: func(key string) string { return env[key] }, Dir: t.TempDir(),
	})
	code = p.Run(t.Context(), args)
	return code, out.String(), complaints.String()
}

func TestTheProgramIsAValue(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		code int
		says string
	}{
		"the version":                            {[]string{"version"}, nil, exitOK, "gondor "},
		"the version for programs":               {[]string{"version", "-o", "json"}, nil, exitOK, `"version":`},
		"an unknown command":                     {[]string{"frobnicate"}, nil, exitUsage, "no command"},
		"nobody signed in":                       {[]string{"me"}, nil, exitUnauthenticated, "not signed in"},
		"a token for a URL that is none":         {[]string{"me"}, map[string]string{"GONDOR_URL": "://", "GONDOR_TOKEN": "x"}, exitUsage, "not the URL"},
		"a token over plain HTTP":                {[]string{"me"}, map[string]string{"GONDOR_URL": "http://example.com", "GONDOR_TOKEN": "x"}, exitUsage, "GONDOR_INSECURE=1"},
		"a server that is not there":             {[]string{"me"}, map[string]string{"GONDOR_URL": "http://127.0.0.1:1", "GONDOR_TOKEN": "x"}, exitUnavailable, "nothing listens there"},
		"a site process without a port":          {[]string{"demo-site", "web"}, nil, exitUsage, "PORT is not set"},
		"no site named":                          {[]string{"instances", "list"}, map[string]string{"GONDOR_URL": "http://127.0.0.1:1", "GONDOR_TOKEN": "x"}, exitUsage, "--site"},
		"variables that nobody types":            {[]string{"env", "import"}, map[string]string{"GONDOR_URL": "http://127.0.0.1:1"}, exitUsage, "no variables"},
		"limits that are none":                   {[]string{"builds", "list", "--limit", "0"}, nil, exitUsage, "--limit"},
		"a completion without a server, quietly": {[]string{"__complete", "status", "--site", ""}, nil, exitOK, ":4"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runProgram(t, c.env, c.args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("ended with %d: %s%s; want %d and %q", code, stdout, stderr, c.code, c.says)
			}
		})
	}
}

func TestEveryCommandTellsWhatItIsFor(t *testing.T) {
	_, help, _ := runProgram(t, nil, "--help")
	for line := range strings.Lines(help) {
		if name, isCommand := strings.CutPrefix(line, "  "); isCommand && strings.TrimSpace(name) != "" && !strings.Contains(strings.TrimSpace(name), " ") {
			t.Errorf("%q has no description", strings.TrimSpace(name))
		}
	}
}

func TestATableKeepsItsLines(t *testing.T) {
	var out bytes.Buffer
	err := table(&out, []string{"a\nb", "c\td", "\x1b[2Jx"}, column[string]{"NAME", func(s string) string { return s }})
	if err != nil || out.String() != "NAME\na\nc d\nx\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
