package inside

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gondor/app"
	"gondor/test/screen"
)

// The test binary is process 1 of a container, the far end of who attaches, or the program
// of a site, when the first of these or its arguments say so.
const (
	envOptions = "INSIDE_TEST_OPTIONS" // the Options as JSON
	envJoin    = "INSIDE_TEST_JOIN"    // the socket
	siteWord   = "inside-test-site"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(envOptions) != "":
		beProcessOne(os.Getenv(envOptions))
	case os.Getenv(envJoin) != "":
		if err := Join(context.Background(), os.Getenv(envJoin), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) == 3 && os.Args[1] == siteWord:
		beSite(os.Args[2])
	}
	os.Exit(m.Run())
}

func beProcessOne(text string) {
	var o Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	_ = os.Unsetenv(envOptions)
	o.Stdout = os.Stdout
	code, err := Run(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// beSite serves at an address until SIGTERM: /become/STATUS changes what / answers, and
// /slow begins to answer and goes on after /finish.
func beSite(address string) {
	var mu sync.Mutex
	status := http.StatusOK
	if n, err := strconv.Atoi(os.Getenv("SITE_STATUS")); err == nil {
		status = n
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(status)
	})
	mux.HandleFunc("GET /become/{status}", func(_ http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		status, _ = strconv.Atoi(q.PathValue("status"))
	})
	finish := make(chan struct{})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush() // who asked sees it fail
		<-finish
		_, _ = fmt.Fprint(w, "slowly")
	})
	mux.HandleFunc("GET /finish", func(http.ResponseWriter, *http.Request) { close(finish) })
	fmt.Println("the site starts")
	fmt.Fprintln(os.Stderr, http.ListenAndServe(address, mux))
	os.Exit(1)
}

// container is a process 1 under test, with all that a container would have.
type container struct {
	*testing.T
	dir     string
	options Options
	command *exec.Cmd
	out     screen.Screen // the container's output
	output  *os.File      // takes its place, where there is one
	errors  bytes.Buffer
	ended   chan error
	once    sync.Once
	err     error
}

// newContainer returns one that has not started.
func newContainer(t *testing.T, s Spec) *container {
	t.Helper()
	c := &container{T: t, dir: t.TempDir(), ended: make(chan error, 1)}
	s.Log = true
	c.options = Options{
		Spec: s, Environ: []string{"PATH=" + os.Getenv("PATH")},
		Environment: filepath.Join(c.dir, "environment"), Socket: filepath.Join(c.dir, "run", "attach"),
		TerminationMessage: filepath.Join(c.dir, "termination"), Cgroups: c.dir, RouteDelay: time.Millisecond,
	}
	if s.Dir == "" {
		c.options.Spec.Dir = c.dir
	}
	return c
}

// start starts process 1.
func (c *container) start() *container {
	c.Helper()
	text, err := json.Marshal(c.options)
	c.ok(err)
	c.command = exec.Command(os.Args[0])
	c.command.Env = append(os.Environ(), envOptions+"="+string(text))
	c.command.Stdout, c.command.Stderr = &c.out, &c.errors
	if c.output != nil {
		c.command.Stdout = c.output
	}
	c.ok(c.command.Start())
	c.Cleanup(func() {
		_ = c.command.Process.Kill()
		c.wait()
	})
	go func() { c.ended <- c.command.Wait() }()
	return c
}

// run starts a command and waits for its end.
func run(t *testing.T, s Spec) *container {
	t.Helper()
	c := newContainer(t, s).start()
	c.wait()
	return c
}

// wait returns the exit code of process 1.
func (c *container) wait() int {
	c.Helper()
	c.once.Do(func() {
		select {
		case c.err = <-c.ended:
		case <-time.After(deadline):
			c.Error("process 1 does not end")
			_ = c.command.Process.Kill()
			c.err = <-c.ended
		}
	})
	return c.command.ProcessState.ExitCode()
}

// termination is the message that the container left.
func (c *container) termination() Termination {
	c.Helper()
	text, err := os.ReadFile(c.options.TerminationMessage)
	c.ok(err)
	end, ok := ParseTermination(string(text))
	if !ok {
		c.Fatalf("the termination message is %q", text)
	}
	return end
}

// ends checks how the container ended.
func (c *container) ends(code int, message string) {
	c.Helper()
	if got := c.wait(); got != code {
		c.Errorf("process 1 ended with %d, want %d; it said %s", got, code, &c.errors)
	}
	if end := c.termination(); end.Code != code || !strings.Contains(end.Message, message) {
		c.Errorf("it left %+v, want %d, %s", end, code, message)
	}
}

func (c *container) signal(s syscall.Signal) {
	c.Helper()
	c.ok(c.command.Process.Signal(s))
}

func (c *container) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// writes waits until the container's output has a text.
func (c *container) writes(text string) {
	c.Helper()
	eventually(c.T, fmt.Sprintf("it writes %q, having written %q", text, c.out.String()), func() bool {
		return strings.Contains(c.out.String(), text)
	})
}

// deadline is when what has not come true never will.
const deadline = 20 * time.Second

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(deadline); !so(); {
		select {
		case <-timeout:
			t.Fatalf("it never came that %s", what)
		case <-tick.C:
		}
	}
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// web is a site of the test binary that listens on a host.
func web(t *testing.T, host string) (s Spec, port string) {
	t.Helper()
	port = freePort(t)
	return Spec{
		Kind: app.Web, Argv: []string{os.Args[0], siteWord, host + ":" + port}, Given: map[string]string{"PORT": port},
		Health:       Health{Path: "/", Host: "site.example.com", Scheme: "https", Interval: 20 * time.Millisecond, Timeout: time.Minute, Address: "127.0.0.1"},
		DrainTimeout: 10 * time.Second, StopTimeout: 10 * time.Second,
	}, port
}
