// Package e2e uses Gondor as a person does: the real binary, real sites, a real browser.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gondor/test/screen"
)

// gondor is the binary under test, built once.
var gondor string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gondor-e2e-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // instances have users of their own
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	gondor = filepath.Join(dir, "gondor")
	build := exec.Command("go", "build", "-race", "-o", gondor, "gondor")
	if os.Getenv(envDeploys) != "" { // it takes long, and is about the disk
		build = exec.Command("go", "build", "-o", gondor, "gondor")
	}
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build gondor:", err)
		return 1
	}
	return m.Run()
}

const password = "correct horse battery"

// server is a `gondor serve` of the test's own.
type server struct {
	t       *testing.T
	dir     string // DATA
	address string
	env     []string
	process *exec.Cmd
	output  *screen.Screen
}

// newServer starts a server on an empty data directory and signs in. When the test
// ends, all that it runs is stopped.
func newServer(t *testing.T) *server {
	t.Helper()
	s := newHalted(t)
	t.Cleanup(s.end)
	s.start()
	s.in(t.TempDir()).run("login", s.url("localhost"), "--username", "admin", "--password-stdin", "<", password)
	return s
}

// newHalted prepares a server that has not been started.
func newHalted(t *testing.T) *server {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a server runs on Linux only")
	}
	dir := t.TempDir()
	for _, parent := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(parent, 0o755); err != nil { // instances have users of their own
			t.Fatal(err)
		}
	}
	s := &server{t: t, dir: filepath.Join(dir, "data"), address: freeAddress(t), output: &screen.Screen{}}
	s.env = append(os.Environ(), "GONDOR_ADMIN_PASSWORD="+password, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

// url is where a host of the server is reached.
func (s *server) url(host string) string {
	_, port, _ := net.SplitHostPort(s.address)
	return "http://" + host + ":" + port
}

// start runs `gondor serve` until it answers.
func (s *server) start() {
	s.t.Helper()
	s.process = exec.Command(gondor, "serve", "--listen", s.address, "--data", s.dir, "--domain", "localhost", "--engine", "local")
	s.process.Env, s.process.Stdout, s.process.Stderr = s.env, s.output, s.output
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the server answers", func() bool {
		response, err := client().Get(s.url("localhost") + "/v2/openapi.json")
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
}

// kill ends the server as a crash would.
func (s *server) kill() {
	s.t.Helper()
	if err := s.process.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	_ = s.process.Wait() // it was killed
}

// end stops the server, then its supervisor and with it all sites.
func (s *server) end() {
	if s.process != nil && s.process.Process.Signal(syscall.SIGTERM) == nil {
		_ = s.process.Wait() // how it ended is the business of tests that look at it
	}
	endAll(s.t, s.dir)
	if s.t.Failed() {
		s.t.Logf("the server wrote:\n%s", s.output)
	}
}

// endAll stops the supervisor of a data directory and with it all sites, however the
// test that started them went.
func endAll(t *testing.T, dir string) {
	for pid := range strings.FieldsSeq(pgrep(t, "supervisor.*"+dir)) {
		if err := exec.Command("kill", pid).Run(); err != nil {
			t.Logf("stop supervisor %s: %v", pid, err)
		}
	}
	eventually(t, "nothing of the server runs any more", func() bool { return pgrep(t, dir) == "" })
}

// place is a directory in which a person types commands.
type place struct {
	server *server
	dir    string
}

func (s *server) in(dir string) place { return place{s, dir} }

// run types a gondor command, whose standard input may follow "<", and returns what it
// wrote. The test fails when the command does.
func (p place) run(args ...string) string {
	p.server.t.Helper()
	out, err := p.try(args...)
	if err != nil {
		p.server.t.Fatalf("gondor %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// try is run for a command that may fail.
func (p place) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	input := ""
	if n := len(args); n > 2 && args[n-2] == "<" {
		args, input = args[:n-2], args[n-1]
	}
	command := exec.CommandContext(ctx, gondor, args...)
	command.Dir, command.Env, command.Stdin = p.dir, p.server.env, strings.NewReader(input)
	out, err := command.CombinedOutput()
	return string(out), err
}

// git types a git command.
func (p place) git(args ...string) {
	p.server.t.Helper()
	command := exec.Command("git", args...)
	command.Dir, command.Env = p.dir, p.server.env
	if out, err := command.CombinedOutput(); err != nil {
		p.server.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// edit replaces text in a file and commits that.
func (p place) edit(file, old, with string) {
	p.server.t.Helper()
	path := filepath.Join(p.dir, file)
	contents, err := os.ReadFile(path)
	if err != nil {
		p.server.t.Fatal(err)
	}
	if !bytes.Contains(contents, []byte(old)) {
		p.server.t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(contents, []byte(old), []byte(with)), 0o644); err != nil {
		p.server.t.Fatal(err)
	}
	p.git("commit", "-aqm", "Change "+file)
}

// example copies one of the examples to a git repository of its own.
func (s *server) example(name string) place {
	s.t.Helper()
	p := s.in(filepath.Join(s.t.TempDir(), name))
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join("../../examples", name))); err != nil {
		s.t.Fatal(err)
	}
	p.git("init", "-q", "-b", "main")
	p.git("add", ".")
	p.git("commit", "-qm", "First")
	return p
}
