package inside

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestHowAProgramEnds(t *testing.T) {
	for _, c := range []struct {
		name    string
		spec    Spec
		code    int
		message string
	}{
		{"a command that succeeds", Spec{Command: "true"}, 0, "exit status 0"},
		{"one that fails", Spec{Command: "exit 3"}, 3, "exit status 3"},
		{"one that is killed", Spec{Command: "kill -9 $$"}, 137, "killed by SIGKILL"},
		{"one that is terminated", Spec{Command: "kill -TERM $$"}, 143, "killed by SIGTERM"},
		{"a command that the shell does not find", Spec{Command: "no-such-program"}, 127, "exit status 127"},
		{"a program that is not there", Spec{Argv: []string{"no-such-program"}}, 127, "could not be started: no-such-program: executable file not found"},
		{"a path that is not there", Spec{Argv: []string{"/no/such/program"}}, 127, "no such file"},
		{"a file that can't be run", Spec{Argv: []string{"/etc/passwd"}}, 126, "permission denied"},
		{"a directory that is not there", Spec{Command: "true", Dir: "/no/such/directory"}, 127, "directory /no/such/directory"},
		{"one that runs too long", Spec{Command: "sleep 1000", Timeout: 100 * time.Millisecond}, 143, "stopped: it ran longer than 100ms"},
		{"one that runs too long and ignores that", Spec{Command: "trap '' TERM; sleep 1000", Timeout: 100 * time.Millisecond, StopTimeout: 100 * time.Millisecond}, 137, "stopped: it ran longer than 100ms"},
		{"arguments without a shell", Spec{Argv: []string{"test", "$HOME", "=", "$HOME"}}, 0, "exit status 0"},
		{"a web service without a port", Spec{Command: "true", Kind: "web", Health: Health{Path: "/"}}, 1, "PORT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t, c.spec).ends(c.code, c.message)
		})
	}
}

func TestWhatCanNotBeStartedIsSaidInTheOutput(t *testing.T) {
	c := run(t, Spec{Argv: []string{"no-such-program"}})
	if !strings.HasPrefix(c.out.String(), "\x1b[;1mcould not be started: no-such-program") {
		t.Errorf("the output is %q", c.out.String())
	}
}

func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name, command string
		signal        syscall.Signal
		code          int
		message       string
	}{
		{"SIGTERM stops it", "echo up; exec sleep 1000", syscall.SIGTERM, 143, "stopped by SIGTERM"},
		{"the signal that an image stops by is passed on", "trap 'exit 9' QUIT; echo up; while :; do sleep 0.01; done", syscall.SIGQUIT, 9, "exit status 9"},
		{"any other is passed on", "trap 'exit 7' USR1; echo up; while :; do sleep 0.01; done", syscall.SIGUSR1, 7, "exit status 7"},
		{"the whole group is stopped", "echo up; sleep 1000 & sleep 1000 | sleep 1000", syscall.SIGTERM, 143, "stopped by SIGTERM"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newContainer(t, Spec{Command: c.command}).start()
			p.writes("up")
			p.signal(c.signal)
			p.ends(c.code, c.message)
		})
	}
}

func TestOneThatIgnoresSIGTERMIsKilledAfterTheStopTimeout(t *testing.T) {
	c := newContainer(t, Spec{Command: "trap 'echo not now' TERM; echo up; while :; do sleep 0.01; done", StopTimeout: 200 * time.Millisecond}).start()
	c.writes("up")
	c.signal(syscall.SIGTERM)
	c.ends(137, "killed: it did not end within 200ms of SIGTERM")
	if !strings.Contains(c.out.String(), "not now") {
		t.Error("it never got SIGTERM")
	}
}

func TestWhatIsLeftOfTheGroupEndsWithTheProgram(t *testing.T) {
	c := run(t, Spec{Command: "sleep 1000 & echo $! > left; exit 4"})
	c.ends(4, "exit status 4")
	text, err := os.ReadFile(c.dir + "/left")
	c.ok(err)
	eventually(t, "what was left has gone", func() bool {
		_, err := os.Stat("/proc/" + strings.TrimSpace(string(text)))
		return os.IsNotExist(err)
	})
}

func TestOrphansAreReaped(t *testing.T) {
	c := newContainer(t, Spec{Command: "(setsid sh -c 'echo $$ > orphan' &); echo up; exec sleep 1000"}).start()
	c.writes("up")
	eventually(t, "the orphan has ended and was reaped", func() bool {
		text, err := os.ReadFile(c.dir + "/orphan")
		if err != nil || len(text) == 0 {
			return false
		}
		_, err = os.Stat("/proc/" + strings.TrimSpace(string(text)))
		return os.IsNotExist(err)
	})
}

func TestOneThatIsKilledForItsMemoryIsTold(t *testing.T) {
	c := newContainer(t, Spec{Memory: 256 << 20, Command: "echo 'oom_kill 1' > memory.events; exit 137"})
	c.ok(os.WriteFile(c.dir+"/memory.events", []byte("low 0\noom_kill 0\n"), 0o600))
	c.start().ends(137, "killed: it used more than 256 MB of memory")
}

func TestThePeopleVariablesThatCanNotBeReadAreTold(t *testing.T) {
	c := newContainer(t, Spec{Command: "true"})
	c.ok(os.WriteFile(c.options.Environment, []byte(`{"SECRET": hidden}`), 0o600))
	c.start().ends(1, "are not a JSON object of texts")
	if strings.Contains(c.errors.String(), "hidden") {
		t.Errorf("it said %s", &c.errors)
	}
}

func TestTheEnvironmentIsTheImagesThenThePlansThenTheEnginesThenPeoples(t *testing.T) {
	c := newContainer(t, Spec{
		Argv:  []string{"env"},
		Base:  map[string]string{"PATH": "${APP}/bin", "LIB": "${APP}/lib", "PLAN": "plan", "ENGINE": "plan", "PEOPLE": "plan"},
		Given: map[string]string{"ENGINE": "engine", "PEOPLE": "engine"},
	})
	c.options.Environ = []string{"PATH=/usr/bin:/bin", "IMAGE=image", "PLAN=image", "KUBERNETES_SERVICE_HOST=10.0.0.1", "HOSTNAME=pod"}
	c.ok(os.WriteFile(c.options.Environment, []byte(`{"PEOPLE": "people ${APP} $PATH"}`), 0o600))
	c.start().ends(0, "exit status 0")
	want := "ENGINE=engine\nIMAGE=image\nLIB=" + c.dir + "/lib\nPATH=" + c.dir + "/bin:/usr/bin:/bin\nPEOPLE=people ${APP} $PATH\nPLAN=plan\n"
	if c.out.String() != want {
		t.Errorf("the environment is %q, want %q", c.out.String(), want)
	}
}
