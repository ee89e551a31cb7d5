package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
)

// The test binary is the supervisor, or a client that is killed, when these are set.
const (
	envDir    = "SUPERVISOR_TEST_DIR"
	envClient = "SUPERVISOR_TEST_CLIENT"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(envTorrent) != "":
		beTorrent(os.Getenv(envTorrent))
	case os.Getenv(envClient) != "":
		beClient(os.Getenv(envClient))
	case os.Getenv(envDir) != "":
		beSupervisor(os.Getenv(envDir))
	}
	os.Exit(m.Run())
}

// killFirst and the number of a child are an argument of a supervisor that takes another's
// place and finds that it has just ended.
const killFirst = "kill="

// killChild kills the child and returns when it waits to be reaped.
func killChild(argument string) {
	text, ok := strings.CutPrefix(argument, killFirst)
	pid, err := strconv.Atoi(text)
	if !ok || err != nil || os.Getenv(envHandover) == "" {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // the test sees whether it was
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for running(pid) {
		<-tick.C
	}
}

func beSupervisor(dir string) {
	if len(os.Args) > 1 {
		killChild(os.Args[1])
	}
	err := Run(context.Background(), Options{
		Dir: dir, Version: strings.Join(append([]string{"test"}, os.Args[1:]...), " "),
		pace:   pace{first: 50 * time.Millisecond, limit: 200 * time.Millisecond, reset: time.Hour},
		limits: testLimits(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// testLimits are the default, but for the budget of an instance that a test sets.
func testLimits() logfile.Limits {
	limits := logfile.DefaultLimits()
	if budget, err := strconv.ParseInt(os.Getenv(envBudget), 10, 64); err == nil {
		limits.Instance, limits.Segment = budget, min(limits.Segment, budget/8)
	}
	return limits
}

// launch starts a supervisor of the directory that ends with the test.
func launch(t *testing.T, dir string) *Client {
	t.Helper()
	t.Setenv(envDir, dir)
	c, err := Launch(t.Context(), LaunchOptions{Dir: dir, Argv: []string{os.Args[0]}})
	if err != nil {
		t.Fatalf("launch: %v\n%s", err, readLog(dir))
	}
	t.Cleanup(func() { shutdown(t, c) })
	return c
}

func readLog(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, logFile))
	return fmt.Sprintf("%s %v", text, err)
}

// shutdown ends the supervisor, and whatever a test left running with it.
func shutdown(t *testing.T, c *Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	all, _ := c.List(ctx)
	for _, s := range all {
		_ = c.Signal(ctx, s.ID, syscall.SIGKILL)
		_ = c.Remove(ctx, s.ID)
	}
	_ = c.Shutdown(ctx)
	eventually(t, "the supervisor has left", func() bool { return !locked(c.dir) })
}

// sh is a spec that runs a script.
func sh(id, script string) Spec {
	return Spec{
		ID: id, Argv: []string{"sh", "-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")},
		Dir: "/", UID: Same, GID: Same, StopTimeout: 10 * time.Second,
	}
}

func start(t *testing.T, c *Client, s Spec) {
	t.Helper()
	if err := c.Start(t.Context(), s); err != nil {
		t.Fatalf("start %s: %v", s.ID, err)
	}
}

func wait(t *testing.T, c *Client, id string) app.Exit {
	t.Helper()
	exit, err := c.Wait(t.Context(), id)
	if err != nil {
		t.Fatalf("wait for %s: %v", id, err)
	}
	return exit
}

func status(t *testing.T, c *Client, id string) Status {
	t.Helper()
	all, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			return s
		}
	}
	return Status{}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !so() {
		select {
		case <-deadline:
			t.Fatalf("it never came that %s", what)
		case <-tick.C:
		}
	}
}

func logTexts(t *testing.T, c *Client, name app.LogName) []string {
	t.Helper()
	var all []string
	for line, err := range c.Lines(t.Context(), app.LogQuery{Log: name}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(line.Stream)+" "+line.Text)
	}
	return all
}

// running reports whether there is such a process, zombies not counted.
func running(pid int) bool {
	_, err := birth(pid)
	return err == nil
}

// number reads a process ID that a script wrote to a file.
func number(t *testing.T, path string) int {
	t.Helper()
	var n int
	eventually(t, path+" holds a number", func() bool {
		data, err := os.ReadFile(path)
		if err != nil || !strings.HasSuffix(string(data), "\n") {
			return false
		}
		_, err = fmt.Sscan(string(data), &n)
		return err == nil
	})
	return n
}

// supervisorPID finds who holds the socket.
func supervisorPID(t *testing.T, c *Client) int {
	t.Helper()
	raw, err := dialSocket(t.Context(), c.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	pid := 0
	if err := peer(raw, &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// beClient starts a process and a listener, attaches and waits to be killed.
func beClient(dir string) {
	ctx := context.Background()
	_ = os.Unsetenv(envClient) // the supervisor is no client
	c, err := Launch(ctx, LaunchOptions{Dir: dir, Argv: []string{os.Args[0]}})
	if err == nil {
		err = occupy(ctx, c)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func occupy(ctx context.Context, c *Client) error {
	s := sh("echo", `while read -r line; do echo "got $line"; done; exit 5`)
	s.Stdin, s.Log = true, "service/echo"
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err := errors.Join(err, c.Start(ctx, s)); err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return c.Attach(ctx, "echo", app.Streams{Stdin: os.Stdin, Stdout: os.Stdout})
}
