package scripts

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gondor/cluster/local/supervisor"
)

const (
	adminPassword = "correct horse battery"
	// patience is how long anything may take on a busy machine.
	patience = 60 * time.Second
)

// server is the gondor serve or demo of one script.
type server struct {
	cmd    *exec.Cmd
	output output
	done   chan error // gets how it ended
	known  bool       // its supervisor is ended with the script
}

type serverKey struct{}

func serverOf(ts *testscript.TestScript) *server { return ts.Value(serverKey{}).(*server) }

// serve starts gondor serve on a port of the system's choice, with the script's data
// directory, and sets URL and ADDRESS. Arguments are added.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	no(ts, neg, "serve")
	s := serverOf(ts)
	s.start(ts, append([]string{"serve", "--listen", "127.0.0.1:0", "--domain", "localhost", "--data", ts.Getenv("DATA")}, args...))
	found := s.await(ts, regexp.MustCompile(`msg=ready url=(\S+) address=(\S+)`))
	ts.Setenv("URL", found[1])
	ts.Setenv("CLOUD", strings.TrimPrefix(found[1], "http://"))
	ts.Setenv("ADDRESS", found[2])
}

// demo starts gondor demo likewise, and sets DASHBOARD, SITE, PASSWORD and ADDRESS.
func demo(ts *testscript.TestScript, neg bool, args []string) {
	no(ts, neg, "demo")
	s := serverOf(ts)
	s.start(ts, append([]string{"demo", "--listen", "127.0.0.1:0"}, args...))
	found := s.await(ts, regexp.MustCompile(`(?m)^dashboard  (http://(\S+)/)\nsite  (\S+)\nuser  admin\npassword  (.+)$`))
	ts.Setenv("DASHBOARD", found[1])
	ts.Setenv("ADDRESS", found[2])
	ts.Setenv("SITE", found[3])
	ts.Setenv("PASSWORD", found[4])
}

func (s *server) start(ts *testscript.TestScript, args []string) {
	if s.cmd != nil {
		ts.Fatalf("a server runs already")
	}
	s.output.reset()
	s.cmd = exec.Command(filepath.Join(root, "bin", "gondor"), args...)
	s.cmd.Dir = ts.Getenv("WORK")
	s.cmd.Env = environment(ts)
	reader, writer, err := os.Pipe()
	ts.Check(err)
	s.cmd.Stdout, s.cmd.Stderr = writer, writer
	ts.Check(s.cmd.Start())
	ts.Check(writer.Close())
	s.done = make(chan error, 1)
	go s.output.follow(reader)
	go func(cmd *exec.Cmd, done chan error) { done <- cmd.Wait() }(s.cmd, s.done)
	if !s.known {
		s.known = true
		ts.Defer(func() { s.cleanUp(ts) })
	}
}

// environment is that of the script, as far as its programs look at it.
func environment(ts *testscript.TestScript) []string {
	var all []string
	for _, key := range []string{"PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GONDOR_ADMIN_PASSWORD"} {
		all = append(all, key+"="+ts.Getenv(key))
	}
	return all
}

// await waits until the output matches.
func (s *server) await(ts *testscript.TestScript, pattern *regexp.Regexp) []string {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		changed := s.output.changed()
		if found := pattern.FindStringSubmatch(s.output.text()); found != nil {
			return found
		}
		select {
		case err := <-s.done:
			s.cmd = nil
			ts.Fatalf("the server ended: %v\n%s", err, s.output.text())
		case <-changed:
		case <-time.After(patience):
		}
	}
	ts.Fatalf("the server never said %s:\n%s", pattern, s.output.text())
	return nil
}

// halt ends the server with SIGTERM, or with the signal KILL.
func halt(ts *testscript.TestScript, neg bool, args []string) {
	no(ts, neg, "halt")
	signal := os.Signal(syscall.SIGTERM)
	if len(args) == 1 && args[0] == "KILL" {
		signal = os.Kill
	}
	if err := serverOf(ts).end(ts, signal); err != nil && signal != os.Kill {
		ts.Fatalf("the server ended with %v:\n%s", err, serverOf(ts).output.text())
	}
}

// interrupt ends the server as Ctrl-C does; it must end with code 0.
func interrupt(ts *testscript.TestScript, neg bool, _ []string) {
	no(ts, neg, "interrupt")
	if err := serverOf(ts).end(ts, os.Interrupt); err != nil {
		ts.Fatalf("the server ended with %v:\n%s", err, serverOf(ts).output.text())
	}
}

func (s *server) end(ts *testscript.TestScript, signal os.Signal) error {
	if s.cmd == nil {
		ts.Fatalf("no server runs")
	}
	ts.Check(s.cmd.Process.Signal(signal))
	select {
	case err := <-s.done:
		s.cmd = nil
		return err
	case <-time.After(patience):
		ts.Fatalf("the server does not end:\n%s", s.output.text())
		return nil
	}
}

// cleanUp leaves nothing running, whatever became of the script.
func (s *server) cleanUp(ts *testscript.TestScript) {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(os.Interrupt) // a demo ends its own
		select {
		case <-s.done:
		case <-time.After(patience):
			_ = s.cmd.Process.Kill()
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir := filepath.Join(ts.Getenv("DATA"), "engine", "supervisor")
	client, err := supervisor.Dial(ctx, dir)
	if err == nil {
		err = client.Shutdown(ctx)
	}
	said, _ := os.ReadFile(filepath.Join(dir, "supervisor.log")) // there is none before a first start
	ts.Logf("the supervisor was shut down: %v; it had said:\n%s\nand the server:\n%s", err, said, s.output.text())
}

// output is what a server has said so far.
type output struct {
	mu   sync.Mutex
	said []byte
	more chan struct{}
}

func (o *output) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.said, o.more = nil, make(chan struct{})
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.said)
}

// changed is closed when more has been said than before the call.
func (o *output) changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.more
}

func (o *output) follow(from io.ReadCloser) {
	defer from.Close()
	in := bufio.NewReader(from)
	for {
		line, err := in.ReadString('\n')
		o.mu.Lock()
		o.said = append(o.said, line...)
		close(o.more)
		o.more = make(chan struct{})
		o.mu.Unlock()
		if err != nil {
			return
		}
	}
}
