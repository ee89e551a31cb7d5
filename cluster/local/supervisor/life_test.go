package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/test/screen"
)

func TestAKilledClientDisturbsNothing(t *testing.T) {
	dir := t.TempDir()
	c := launch(t, dir)
	client := exec.Command(os.Args[0])
	client.Env = append(os.Environ(), envClient+"="+dir)
	in, err := client.StdinPipe()
	must(t, err)
	out, err := client.StdoutPipe()
	must(t, err)
	must(t, client.Start())
	lines := bufio.NewScanner(out)
	lines.Scan()
	address := lines.Text()
	_, err = io.WriteString(in, "first\n")
	must(t, err)
	if lines.Scan(); lines.Text() != "got first" {
		t.Fatalf("the client showed %q", lines.Text())
	}
	before := status(t, c, "echo")
	must(t, client.Process.Kill())
	_ = client.Wait() // it was killed

	waiting, err := net.Dial("tcp", address)
	must(t, err)
	_, err = io.WriteString(waiting, "hello\n")
	must(t, err)
	if after := status(t, c, "echo"); after.State != StateRunning || after.PID != before.PID {
		t.Fatalf("the process is %+v, it was %+v", after, before)
	}
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	if l.Addr().String() != address {
		t.Fatalf("the listener is at %s, it was at %s", l.Addr(), address)
	}
	accepted, err := l.Accept()
	must(t, err)
	if line, err := bufio.NewReader(accepted).ReadString('\n'); line != "hello\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	var again screen.Screen
	eventually(t, "it can be attached to again", func() bool {
		err := c.Attach(t.Context(), "echo", app.Streams{Stdin: strings.NewReader("second\n"), Stdout: &again})
		return app.CodeOf(err) != app.CodeConflict
	})
	if exit := wait(t, c, "echo"); exit.Code != 5 || again.String() != "got second\n" {
		t.Fatalf("it ended with %+v and showed %q", exit, again.String())
	}
	if got := logTexts(t, c, "service/echo"); !slices.Equal(got, []string{"stdout got first", "stdout got second"}) {
		t.Fatalf("the log is %q", got)
	}
}

// murder kills the supervisor and waits until its lock is free.
func murder(t *testing.T, c *Client) {
	t.Helper()
	pid := supervisorPID(t, c)
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	eventually(t, "the supervisor is dead", func() bool { return !locked(c.dir) })
	gone(pid)
}

func TestANewSupervisorTakesOverFromAKilledOne(t *testing.T) {
	dir, scratch := t.TempDir(), t.TempDir()
	c := launch(t, dir)
	service := sh("service", "trap '' PIPE; sleep 600 & echo $! > "+scratch+"/child; echo $$ > "+scratch+"/pid; wait")
	service.Restart, service.Labels = true, map[string]string{"a": "b"}
	stopped := sh("stopped", "exec sleep 600")
	stopped.Restart = true
	held := sh("held", "exit 11")
	held.Hold = true
	start(t, c, service)
	start(t, c, stopped)
	start(t, c, held)
	stubborn := sh("oneoff", "trap '' TERM; echo $$ > "+scratch+"/oneoff; while :; do sleep 0.01; done")
	stubborn.StopTimeout = 100 * time.Millisecond
	start(t, c, stubborn)
	start(t, c, sh("ended", "exit 12"))
	wait(t, c, "ended")
	must(t, c.Stop(t.Context(), "stopped"))
	wait(t, c, "stopped")
	pid, child, oneoff := number(t, scratch+"/pid"), number(t, scratch+"/child"), number(t, scratch+"/oneoff")
	murder(t, c)
	if !running(pid) {
		t.Fatal("the service died with its supervisor: there is nothing to show")
	}
	launch(t, dir)

	wait(t, c, "service")
	if got := status(t, c, "service"); got.State != StateExited || got.Labels["a"] != "b" {
		t.Fatalf("the service is %+v", got)
	}
	if running(pid) || running(child) {
		t.Fatal("what the dead supervisor left still runs")
	}
	tests := map[string]struct {
		code    int
		message string
	}{
		"ended":   {12, "exit status 12"},
		"stopped": {143, "stopped by SIGTERM"},
		"oneoff":  {137, "lost when the supervisor was killed"},
		"service": {137, "lost when the supervisor was killed"},
	}
	for id, want := range tests {
		if exit := wait(t, c, id); exit.Code != want.code || exit.Message != want.message {
			t.Errorf("%s ended with %+v", id, exit)
		}
	}
	if running(oneoff) {
		t.Error("the one-off still runs")
	}
	must(t, c.Attach(t.Context(), "held", app.Streams{}))
	if exit := wait(t, c, "held"); exit.Code != 11 {
		t.Errorf("the held one ended with %+v", exit)
	}
}

func TestAProcessThatOnlyHasTheNumberOfALostOneIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	c := launch(t, dir)
	s := sh("p", "exec sleep 600")
	start(t, c, s)
	pid := status(t, c, "p").PID
	murder(t, c)
	must(t, syscall.Kill(-pid, syscall.SIGKILL))
	path := recordPath(dir, "p")
	known, err := loadRecord(path)
	must(t, err)
	other := stranger(t)
	eventually(t, "a stranger is born at another moment", func() bool {
		born, err := birth(other)
		if err == nil && born != known.Born {
			return true
		}
		other = stranger(t)
		return false
	})
	text, err := os.ReadFile(path)
	must(t, err)
	changed := strings.ReplaceAll(string(text), fmt.Sprintf(`"PID":%d`, pid), fmt.Sprintf(`"PID":%d`, other))
	must(t, os.WriteFile(path, []byte(changed), 0o600))
	launch(t, dir)
	wait(t, c, "p")
	if !running(other) {
		t.Fatal("a stranger was killed")
	}
}

// stranger starts a process group that is no supervisor's.
func stranger(t *testing.T) int {
	t.Helper()
	p := exec.Command("sleep", "600")
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait() // it was killed
	})
	return p.Process.Pid
}

func TestShutdownStopsAllAtOnceAndTheNextKnowsHowTheyEnded(t *testing.T) {
	dir := t.TempDir()
	c := launch(t, dir)
	for i := range 20 {
		s := sh(fmt.Sprint("p", i), "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.01; done")
		s.Restart = i == 0
		start(t, c, s)
	}
	pid := status(t, c, "p0").PID
	began := time.Now()
	must(t, c.Shutdown(t.Context()))
	if took := time.Since(began); took > 5*time.Second || running(pid) {
		t.Fatalf("it took %v", took)
	}
	eventually(t, "the supervisor is gone", func() bool { return !locked(dir) })
	if _, err := Dial(t.Context(), dir); app.CodeOf(err) != app.CodeUnavailable {
		t.Fatalf("Dial returned %v", err)
	}
	launch(t, dir)
	for _, id := range []string{"p0", "p1"} {
		if exit := wait(t, c, id); exit.Message == "" {
			t.Errorf("%s ended with %+v", id, exit)
		}
	}
}

func TestOneSupervisorHasADirectory(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(envDir, dir)
	var group errgroup.Group
	pids := make(chan int, 8)
	for range cap(pids) {
		group.Go(func() error {
			c, err := Launch(t.Context(), LaunchOptions{Dir: dir, Argv: []string{os.Args[0]}})
			if err == nil {
				pids <- supervisorPID(t, c)
			}
			return err
		})
	}
	must(t, group.Wait())
	launch(t, dir) // ends it with the test
	first := <-pids
	for range cap(pids) - 1 {
		if pid := <-pids; pid != first {
			t.Fatalf("%d and %d are both supervisors", first, pid)
		}
	}
	if err := Run(t.Context(), Options{Dir: dir}); app.CodeOf(err) != app.CodeConflict {
		t.Fatalf("a second Run returned %v", err)
	}
}

func TestLaunchTellsWhenTheSupervisorCanNotStart(t *testing.T) {
	_, err := Launch(t.Context(), LaunchOptions{Dir: t.TempDir(), Argv: []string{"/bin/false"}})
	if app.CodeOf(err) != app.CodeUnavailable {
		t.Fatalf("Launch returned %v", err)
	}
	if _, err := Launch(t.Context(), LaunchOptions{Dir: t.TempDir(), Argv: []string{"/no/such/program"}}); err == nil {
		t.Fatal("Launch returned nil")
	}
}

func TestADirectoryWithALongPathWorksToo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	c := launch(t, dir)
	start(t, c, sh("p", "exit 3"))
	if exit := wait(t, c, "p"); exit.Code != 3 {
		t.Fatalf("it ended with %+v", exit)
	}
	path, err := socketPath(dir)
	must(t, err)
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the socket's directory: %v, %v", info, err)
	}
}

func TestListenersAreSharedByAddressUntilUnlisten(t *testing.T) {
	c := launch(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "s")
	for _, at := range []struct{ network, address string }{{"tcp", "127.0.0.1:0"}, {"unix", path}} {
		first, err := c.Listen(t.Context(), at.network, at.address)
		must(t, err)
		must(t, first.Close())
		waiting, err := net.Dial(at.network, first.Addr().String())
		must(t, err)
		second, err := c.Listen(t.Context(), at.network, at.address)
		must(t, err)
		accepted, err := second.Accept()
		must(t, err)
		must(t, accepted.Close())
		must(t, waiting.Close())
		must(t, second.Close())
		must(t, c.Unlisten(t.Context(), at.network, at.address))
		if _, err := net.Dial(at.network, first.Addr().String()); err == nil {
			t.Errorf("%s is still open", first.Addr())
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = taken.Close() }()
	if _, err := c.Listen(t.Context(), "tcp", taken.Addr().String()); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("a taken address returned %v", err)
	}
	if _, err := c.Listen(t.Context(), "udp", "127.0.0.1:0"); app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("a datagram network returned %v", err)
	}
}

func TestAfterShutdownItsAddressesAndItsDirectoryAreFree(t *testing.T) {
	dir := t.TempDir()
	c := launch(t, dir)
	listener, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	must(t, c.Shutdown(t.Context()))
	again, err := net.Listen("tcp", listener.Addr().String())
	must(t, err)
	must(t, again.Close())
	if locked(dir) {
		t.Error("the directory still has a supervisor")
	}
}

func TestLogsThroughTheClient(t *testing.T) {
	c := launch(t, t.TempDir())
	must(t, c.Append(t.Context(), "build/one", "hello\nworld"))
	lines := make(chan string, 10)
	go func() {
		defer close(lines)
		for line := range c.Lines(t.Context(), app.LogQuery{Log: "build/one", After: 1, Follow: true}) {
			lines <- line.Text
		}
	}()
	if got := <-lines; got != "world" {
		t.Fatalf("got %q", got)
	}
	must(t, c.CloseLog(t.Context(), "build/one"))
	if got, more := <-lines; more {
		t.Fatalf("got %q after the end", got)
	}
	must(t, c.DropLog(t.Context(), "build/one"))
	if got := logTexts(t, c, "build/one"); len(got) != 0 {
		t.Fatalf("got %q", got)
	}
	for name, err := range map[string]error{
		"Append": c.Append(t.Context(), "../x", "x"), "CloseLog": c.CloseLog(t.Context(), "/x"), "DropLog": c.DropLog(t.Context(), ""),
	} {
		if app.CodeOf(err) != app.CodeInvalid {
			t.Errorf("%s of a wrong name returned %v", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, err := range c.Lines(ctx, app.LogQuery{Log: "build/two", Follow: true}) {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
