package supervisor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
)

func TestHowAProcessEndsIsKept(t *testing.T) {
	c := launch(t, t.TempDir())
	missing := sh("missing", "")
	missing.Argv = []string{"no-such-program-anywhere"}
	refused := sh("refused", "")
	refused.Argv = []string{"/dev/null"}
	nowhere := sh("nowhere", "exit 0")
	nowhere.Dir = "/no/such/directory"
	late := sh("late", "sleep 60")
	late.Timeout = 20 * time.Millisecond
	tests := []struct {
		name    string
		spec    Spec
		code    int
		message string
	}{
		{"with success", sh("success", "exit 0"), 0, "exit status 0"},
		{"with a code", sh("code", "exit 3"), 3, "exit status 3"},
		{"with the greatest code", sh("greatest", "exit 255"), 255, "exit status 255"},
		{"by a signal", sh("signal", "kill -KILL $$"), 137, "killed by SIGKILL"},
		{"by a fault", sh("fault", "kill -SEGV $$"), 139, "killed by SIGSEGV"},
		{"without a program", missing, 127, "executable file not found"},
		{"with what is no program", refused, 126, "permission denied"},
		{"without its directory", nowhere, 127, "its directory: stat /no/such/directory: no such file or directory"},
		{"by its timeout", late, 143, "stopped: it ran longer than 20ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start(t, c, test.spec)
			for range 2 { // starting it again changes nothing, nor does asking again
				exit := wait(t, c, test.spec.ID)
				if exit.Code != test.code || !strings.Contains(exit.Message, test.message) || time.Since(exit.Ended) > time.Minute {
					t.Fatalf("it ended with %+v", exit)
				}
				start(t, c, test.spec)
			}
		})
	}
}

func TestASpecThatCanNotBeRightIsRefused(t *testing.T) {
	c := launch(t, t.TempDir())
	tests := map[string]func(*Spec){
		"no ID":                   func(s *Spec) { s.ID = "" },
		"an ID that leads out":    func(s *Spec) { s.ID = "../x" },
		"no program":              func(s *Spec) { s.Argv = nil },
		"a relative directory":    func(s *Spec) { s.Dir = "x" },
		"a NUL byte":              func(s *Spec) { s.Env = []string{"A=\x00"} },
		"a log that leads out":    func(s *Spec) { s.Log = "../x" },
		"a priority of the gods":  func(s *Spec) { s.Nice = -5 },
		"an argument not in UTF8": func(s *Spec) { s.Argv = []string{"sh", "\xff"} },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			s := sh("x", "exit 0")
			spoil(&s)
			if err := c.Start(t.Context(), s); app.CodeOf(err) != app.CodeInvalid {
				t.Fatalf("Start returned %v", err)
			}
		})
	}
	if all, err := c.List(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("there is %v, %v", all, err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	c := launch(t, t.TempDir())
	_, waited := c.Wait(t.Context(), "x")
	tests := map[string]error{
		"Wait":   waited,
		"Stop":   c.Stop(t.Context(), "x"),
		"Signal": c.Signal(t.Context(), "x", syscall.SIGHUP),
		"Attach": c.Attach(t.Context(), "x", app.Streams{}),
		"Resize": c.Resize(t.Context(), "x", app.Window{}),
	}
	for name, err := range tests {
		if !app.IsNotFound(err) {
			t.Errorf("%s returned %v", name, err)
		}
	}
	if err := c.Remove(t.Context(), "x"); err != nil {
		t.Errorf("Remove returned %v", err)
	}
}

func TestStopAsksThenForces(t *testing.T) {
	c := launch(t, t.TempDir())
	dir := t.TempDir()
	tests := []struct {
		name, script string
		restart      bool
		code         int
		message      string
	}{
		{"asks", "sleep 600 & echo $$ > PID; wait", false, 143, "stopped by SIGTERM"},
		{"lets it end as it likes", "trap 'exit 7' TERM; echo $$ > PID; while :; do sleep 0.01; done", false, 7, "exit status 7"},
		{"forces who does not listen", "trap '' TERM; echo $$ > PID; while :; do sleep 0.01; done", false, 137, "did not end within 200ms"},
		{"does not start again", "echo $$ > PID; exec sleep 600", true, 143, "stopped by SIGTERM"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, fmt.Sprint(i))
			s := sh(fmt.Sprint("p", i), strings.ReplaceAll(test.script, "PID", path))
			s.StopTimeout, s.Restart = 200*time.Millisecond, test.restart
			start(t, c, s)
			number(t, path)
			if err := c.Stop(t.Context(), s.ID); err != nil {
				t.Fatal(err)
			}
			exit := wait(t, c, s.ID)
			if exit.Code != test.code || !strings.Contains(exit.Message, test.message) {
				t.Fatalf("it ended with %+v", exit)
			}
			if got := status(t, c, s.ID); got.State != StateExited || got.PID != 0 {
				t.Fatalf("its status is %+v", got)
			}
		})
	}
}

func TestNothingIsLeftOfAProcessThatEnded(t *testing.T) {
	c := launch(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "pid")
	start(t, c, sh("parent", "sleep 600 & echo $! > "+path+"; (trap '' TERM HUP; sleep 600) & exit 0"))
	if exit := wait(t, c, "parent"); exit.Code != 0 {
		t.Fatalf("it ended with %+v", exit)
	}
	child := number(t, path)
	eventually(t, "the grandchild is gone", func() bool { return !running(child) })
}

func TestAnEscapedGrandchildThatHoldsTheOutputDoesNotHoldUpTheEnd(t *testing.T) {
	c := launch(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "pid")
	s := sh("parent", "setsid sh -c 'echo $$ > "+path+"; exec sleep 600' & while ! [ -s "+path+" ]; do sleep 0.01; done; echo last; exit 4")
	s.Log = "build/escaped"
	start(t, c, s)
	if exit := wait(t, c, "parent"); exit.Code != 4 {
		t.Fatalf("it ended with %+v", exit)
	}
	if got := logTexts(t, c, s.Log); !slices.Equal(got, []string{"stdout last"}) {
		t.Fatalf("its log is %q", got)
	}
	_ = syscall.Kill(number(t, path), syscall.SIGKILL)
}

func TestSignalsReachTheGroup(t *testing.T) {
	c := launch(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "pid")
	start(t, c, sh("p", "trap 'exit 9' USR1; echo $$ > "+path+"; while :; do sleep 0.01; done"))
	number(t, path)
	if err := c.Signal(t.Context(), "p", syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if exit := wait(t, c, "p"); exit.Code != 9 && exit.Code != 138 {
		t.Fatalf("it ended with %+v", exit)
	}
	if err := c.Signal(t.Context(), "p", syscall.SIGUSR1); app.CodeOf(err) != app.CodeConflict {
		t.Fatalf("a signal to what has ended returned %v", err)
	}
}

func TestAProcessThatEndsByItselfIsStartedAgainMoreAndMoreSlowly(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "echo here; exit 1")
	s.Restart, s.Log, s.Labels = true, "service/p", map[string]string{"replica": "one"}
	start(t, c, s)
	eventually(t, "it was started five times", func() bool { return status(t, c, "p").Restarts >= 5 })
	got := status(t, c, "p")
	if got.Labels["replica"] != "one" || got.Exit.Code != 1 || len(got.Tail) < 5 || got.Tail[0] != "here" {
		t.Fatalf("its status is %+v", got)
	}
	if err := c.Stop(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	wait(t, c, "p")
	texts := logTexts(t, c, "service/p")
	for _, want := range []string{
		"gondor p: exit status 1; starts again at once", "gondor p: exit status 1; starts again in 50ms",
		"gondor p: exit status 1; starts again in 100ms", "gondor p: exit status 1; starts again in 200ms",
	} {
		if !slices.Contains(texts, want) {
			t.Errorf("the log lacks %q: %q", want, texts)
		}
	}
}

func TestTheWaitBeforeAStartGrowsAndStartsOverAfterALongLife(t *testing.T) {
	b := backoff{pace: defaultPace()}
	var got []time.Duration
	for _, lived := range []time.Duration{0, 0, 0, 0, 0, 0, 0, 0, 0, time.Minute, 0, 0} {
		got = append(got, b.next(lived)/time.Second)
	}
	if want := []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60, 0, 1, 2}; !slices.Equal(got, want) {
		t.Fatalf("it waits %d seconds, not %d", got, want)
	}
}

func TestRemoveForgetsAlsoWhatStillRuns(t *testing.T) {
	dir := t.TempDir()
	c := launch(t, dir)
	start(t, c, sh("ended", "exit 0"))
	wait(t, c, "ended")
	start(t, c, sh("runs", "exec sleep 600"))
	s := sh("held/with slash", "exit 0")
	s.ID, s.Hold = "held/with:slash", true
	start(t, c, s)
	for _, id := range []string{"ended", "runs", s.ID} {
		if err := c.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "nothing is left", func() bool {
		all, err := c.List(t.Context())
		files, globbed := filepath.Glob(filepath.Join(dir, "processes", "*"))
		return err == nil && globbed == nil && len(all) == 0 && len(files) == 0
	})
	start(t, c, sh("ended", "exit 6"))
	if exit := wait(t, c, "ended"); exit.Code != 6 {
		t.Fatalf("the new one ended with %+v", exit)
	}
}

func TestOutputGoesToTheLogByLine(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "echo one; printf two >&2; exit 0")
	s.Log = "release/one"
	start(t, c, s)
	wait(t, c, "p")
	got := logTexts(t, c, "release/one")
	slices.Sort(got)
	if !slices.Equal(got, []string{"stderr two", "stdout one"}) {
		t.Fatalf("the log is %q", got)
	}
}

func TestAPromptIsLoggedBeforeItsLineEnds(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "printf 'name: '; exec sleep 600")
	s.Log = "build/prompt"
	start(t, c, s)
	for line, err := range c.Lines(t.Context(), app.LogQuery{Log: s.Log, Follow: true}) {
		if err != nil || line.Text != "name: " || line.Replica != "p" {
			t.Fatalf("the line is %+v, %v", line, err)
		}
		break
	}
}

func TestManyProcessesAtOnce(t *testing.T) {
	c := launch(t, t.TempDir())
	const many = 200
	var group errgroup.Group
	for i := range many {
		s := sh(fmt.Sprintf("p%03d", i), fmt.Sprintf("echo hello; exit %d", i))
		s.Log = "service/many"
		group.Go(func() error {
			if err := c.Start(t.Context(), s); err != nil {
				return err
			}
			exit, err := c.Wait(t.Context(), s.ID)
			if err == nil && exit.Code != i {
				err = fmt.Errorf("%s ended with %+v", s.ID, exit)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	all, err := c.List(t.Context())
	if err != nil || len(all) != many {
		t.Fatalf("%d are listed, %v", len(all), err)
	}
	if got := len(logTexts(t, c, "service/many")); got != many {
		t.Fatalf("%d lines were logged", got)
	}
}

func TestAWatcherIsToldThePresentAndThenEveryChange(t *testing.T) {
	c := launch(t, t.TempDir())
	start(t, c, sh("old", "exec sleep 600"))
	ctx, cancel := context.WithCancel(t.Context())
	news := make(chan Status, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Watch(ctx, func(s Status, synced bool) {
			if synced {
				s.State = "synced"
			}
			news <- s
		})
	}()
	see := func(id string, state State) {
		t.Helper()
		for s := range news {
			if s.ID == id && s.State == state {
				return
			}
		}
	}
	see("old", StateRunning)
	see("", "synced")
	start(t, c, sh("new", "exit 2"))
	see("new", StateExited)
	if err := c.Remove(t.Context(), "old"); err != nil {
		t.Fatal(err)
	}
	see("old", StateRemoved)
	cancel()
	if err := <-ended; err != ctx.Err() {
		t.Fatalf("Watch returned %v", err)
	}
}

func TestAProcessHasOnlyItsOwnEnvironment(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "exec env")
	s.Env, s.Log = append(s.Env, "A=b c"), "build/env"
	start(t, c, s)
	wait(t, c, "p")
	got := strings.Join(logTexts(t, c, s.Log), "\n")
	if !strings.Contains(got, "A=b c") || strings.Contains(got, envDir) || strings.Contains(got, "HOME=") {
		t.Fatalf("its environment is\n%s", got)
	}
}

func TestWhatIsKeptIsReadableByTheOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	c := launch(t, dir)
	start(t, c, sh("p", "exit 0"))
	wait(t, c, "p")
	for _, name := range []string{"supervisor.sock", "processes/p.json", "supervisor.log", "supervisor.lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
