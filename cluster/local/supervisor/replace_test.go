package supervisor

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/test/screen"
)

// counting is a process that writes numbers, some in two halves, until a file appears; with
// pauses, as on a fast machine its log would drop the oldest before the end.
func counting(id, stop string) Spec {
	s := sh(id, `i=0; while [ ! -e `+stop+` ]; do echo "$i"; i=$((i+1)); printf "$i"; echo " half" >&2; echo; i=$((i+1)); [ $((i % 100)) -ne 0 ] || sleep 0.01; done; echo end`)
	s.Log = app.LogName("service/" + id)
	return s
}

// complete checks that every number was kept, once and in its place.
func complete(t *testing.T, c *Client, s Spec) {
	t.Helper()
	next, halves, ended := 0, 0, false
	for _, text := range logTexts(t, c, s.Log) {
		switch {
		case text == fmt.Sprint("stdout ", next):
			next++
		case text == "stderr  half":
			halves++
		case text == "stdout end" && !ended:
			ended = true
		default:
			t.Fatalf("after %d lines comes %q", next, text)
		}
	}
	if !ended || next == 0 || halves != next/2 {
		t.Errorf("there are %d lines and %d on the standard error; ended: %v", next, halves, ended)
	}
}

// replace lets this test binary, called with one argument more, take the supervisor's place.
func replace(t *testing.T, c *Client, argument string) {
	t.Helper()
	if err := c.Replace(t.Context(), []string{os.Args[0], argument}); err != nil {
		t.Fatalf("replace: %v\n%s", err, readLog(c.dir))
	}
	version, err := c.Version(t.Context())
	must(t, err)
	if version != "test "+argument {
		t.Fatalf("the version is %q", version)
	}
}

func TestNothingIsLostWhenAnotherProgramTakesTheSupervisorsPlace(t *testing.T) {
	dir, scratch := t.TempDir(), t.TempDir()
	c := launch(t, dir)
	stop := filepath.Join(scratch, "stop")
	count, early := counting("count", stop), sh("early", "exit 3")
	start(t, c, count)
	start(t, c, early)
	wait(t, c, "early")
	before, supervisor := status(t, c, "count"), supervisorPID(t, c)
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	waiting, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	for i := range 3 {
		replace(t, c, fmt.Sprint(i))
	}
	after := status(t, c, "count")
	if after.PID != before.PID || !after.Started.Equal(before.Started) || after.Restarts != 0 || supervisorPID(t, c) != supervisor {
		t.Fatalf("the process is %+v, it was %+v", after, before)
	}
	if exit := wait(t, c, "early"); exit.Code != 3 {
		t.Errorf("what had ended before ended with %+v", exit)
	}
	again, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	accepted, err := again.Accept()
	must(t, err)
	if accepted.RemoteAddr().String() != waiting.LocalAddr().String() {
		t.Errorf("%s was accepted, %s waits", accepted.RemoteAddr(), waiting.LocalAddr())
	}
	must(t, os.WriteFile(stop, nil, 0o600))
	if exit := wait(t, c, "count"); exit.Code != 0 {
		t.Fatalf("it ended with %+v", exit)
	}
	complete(t, c, count)
	if err := Run(t.Context(), Options{Dir: dir}); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("a second Run returned %v", err)
	}
}

func TestATerminalIsAttachedToAgainWhenAnotherProgramTookTheSupervisorsPlace(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("terminal", `stty -echo; while read -r line; do echo "got $line in $(stty size)"; done`)
	s.TTY, s.Stdin, s.Hold, s.Ephemeral = true, true, true, true
	start(t, c, s)
	var first, second screen.Screen
	in, typed := io.Pipe()
	ended := attach(t, t.Context(), c, "terminal", app.Streams{Stdin: in, Stdout: &first, Window: app.Window{Width: 100, Height: 30}})
	_, err := io.WriteString(typed, "one\n")
	must(t, err)
	shows(t, &first, "got one in 30 100")
	replace(t, c, "again")
	if err := <-ended; app.CodeOf(err) != app.CodeUnavailable {
		t.Fatalf("the attach ended with %v", err)
	}
	ended = attach(t, t.Context(), c, "terminal", app.Streams{Stdin: strings.NewReader("two\n"), Stdout: &second})
	shows(t, &second, "got two in 30 100")
	if err := <-ended; err != nil {
		t.Errorf("the attach ended with %v", err)
	}
	if exit := wait(t, c, "terminal"); exit.Code != 0 {
		t.Errorf("it ended with %+v", exit)
	}
}

func TestWhatWasToHappenStillHappensWhenAnotherProgramTookTheSupervisorsPlace(t *testing.T) {
	scratch := t.TempDir()
	c := launch(t, t.TempDir())
	limited := sh("limited", "exec sleep 600")
	limited.Timeout = 2 * time.Second
	stubborn := sh("stubborn", "trap '' TERM; echo $$ > "+scratch+"/stubborn; while :; do sleep 0.01; done")
	stubborn.StopTimeout = 2 * time.Second
	returning := sh("returning", "echo $$ > "+scratch+"/$(date +%N); exit 4")
	returning.Restart = true
	held := sh("held", "exit 5")
	held.Hold = true
	for _, s := range []Spec{limited, stubborn, returning, held} {
		start(t, c, s)
	}
	number(t, scratch+"/stubborn")
	must(t, c.Stop(t.Context(), "stubborn"))
	eventually(t, "one waits", func() bool { return status(t, c, "returning").State == StateWaiting })
	replace(t, c, "again")
	for id, message := range map[string]string{
		"limited": "stopped: it ran longer than 2s", "stubborn": "killed: it did not end within 2s of SIGTERM",
	} {
		if exit := wait(t, c, id); exit.Message != message {
			t.Errorf("%s ended with %+v", id, exit)
		}
	}
	restarts := status(t, c, "returning").Restarts
	eventually(t, "it returns", func() bool { return status(t, c, "returning").Restarts > restarts })
	must(t, c.Attach(t.Context(), "held", app.Streams{}))
	if exit := wait(t, c, "held"); exit.Code != 5 {
		t.Errorf("the held one ended with %+v", exit)
	}
}

func TestAProgramThatCanNotTakeTheSupervisorsPlaceLeavesItServing(t *testing.T) {
	scratch := t.TempDir()
	program := func(name, text string) []string {
		path := filepath.Join(scratch, name)
		must(t, os.WriteFile(path, []byte(text), 0o700))
		return []string{path}
	}
	tests := map[string][]string{
		"no program at all":            nil,
		"a program without a path":     {"gondor"},
		"a program that is missing":    {filepath.Join(scratch, "missing")},
		"one of another machine":       program("foreign", "\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 100)),
		"one that knows no handovers":  {"/bin/true"},
		"one that reads other formats": program("newer", "#!/bin/sh\necho 'a handover of format 1 can not be read'; exit 1\n"),
		"one that goes before exec":    program("fleeting", "#!/bin/sh\nrm \"$0\"\necho '"+strings.TrimSpace(understood)+"'\n"),
	}
	c := launch(t, t.TempDir())
	stop := filepath.Join(scratch, "stop")
	count := counting("count", stop)
	start(t, c, count)
	before := status(t, c, "count")
	for name, argv := range tests {
		t.Run(name, func(t *testing.T) {
			err := c.Replace(t.Context(), argv)
			if err == nil {
				t.Fatal("Replace returned nil")
			}
			if version, err := c.Version(t.Context()); err != nil || version != "test" {
				t.Fatalf("the version is %q, %v", version, err)
			}
			s := sh("after "+name, "exit 6")
			s.ID = strings.ReplaceAll(s.ID, " ", "-")
			start(t, c, s)
			if exit := wait(t, c, s.ID); exit.Code != 6 {
				t.Errorf("what was started then ended with %+v", exit)
			}
		})
	}
	if after := status(t, c, "count"); after.PID != before.PID {
		t.Fatalf("the process is %+v, it was %+v", after, before)
	}
	must(t, os.WriteFile(stop, nil, 0o600))
	wait(t, c, "count")
	complete(t, c, count)
}

func TestAHandoverOfAnotherFormatIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"another format": `{"Format": 2}`, "none": `{}`, "no JSON": "x", "nothing": "",
		"an impossible process": `{"Format": 1, "Processes": [{"Record": {"Spec": {"ID": "/"}}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readHandover(strings.NewReader(text)); err == nil {
				t.Error("readHandover returned no error")
			}
		})
	}
}

func TestASupervisorKnowsWhichProgramItIs(t *testing.T) {
	c := launch(t, t.TempDir())
	other := filepath.Join(t.TempDir(), "other")
	must(t, os.WriteFile(other, nil, 0o700))
	for path, want := range map[string]bool{os.Args[0]: true, other: false, other + "-missing": false} {
		if got, err := c.Runs(context.Background(), path); err != nil || got != want {
			t.Errorf("Runs(%s) = %v, %v", path, got, err)
		}
	}
}
