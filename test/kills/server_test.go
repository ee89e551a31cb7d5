package kills

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gondor/cli/killpoint"
	"gondor/cluster/local/supervisor"
	"gondor/test/screen"
)

const password = "correct horse battery"

// server is a `gondor serve` that is started again whenever it ends, as systemd does.
type server struct {
	*testing.T
	dir     string // DATA
	points  string // see killpoint.Env
	address string
	output  *screen.Screen

	mu       sync.Mutex
	process  *exec.Cmd
	stopping bool
	kept     chan struct{} // closed when it is not started again
}

// newServer starts a server on an empty data directory; all of it ends with the test.
func newServer(t *testing.T) *server {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a server runs on Linux only")
	}
	dir := t.TempDir()
	s := &server{
		T: t, dir: filepath.Join(dir, "data"), points: filepath.Join(dir, "points"),
		address: freeAddress(t), output: &screen.Screen{}, kept: make(chan struct{}),
	}
	for _, parent := range []string{filepath.Dir(dir), dir} {
		s.ok(os.Chmod(parent, 0o755)) // instances have users of their own
	}
	s.ok(os.Mkdir(s.points, 0o700))
	s.ok(s.start())
	go s.keep()
	t.Cleanup(s.end)
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func (s *server) start() error {
	command := exec.Command(gondor, "serve", "--listen", s.address, "--data", s.dir, "--domain", "localhost")
	command.Env = append(os.Environ(), killpoint.Env+"="+s.points, "GONDOR_ADMIN_PASSWORD="+password)
	command.Stdout, command.Stderr = s.output, s.output
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return errStopping
	}
	s.process = command
	return command.Start()
}

var errStopping = errors.New("the test ends")

// keep starts the server again until the test ends. It must not end by itself.
func (s *server) keep() {
	defer close(s.kept)
	for {
		err := s.process.Wait()
		status, signaled := s.process.ProcessState.Sys().(syscall.WaitStatus)
		if !s.ends() && !(signaled && status.Signal() == syscall.SIGKILL) {
			s.Errorf("the server ended by itself: %v", err)
			return
		}
		if err := s.start(); err != nil {
			if !errors.Is(err, errStopping) {
				s.Errorf("start the server again: %v", err)
			}
			return
		}
	}
}

func (s *server) ends() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// end stops the server, then its supervisor and with it all that runs.
func (s *server) end() {
	s.mu.Lock()
	s.stopping = true
	_ = s.process.Process.Signal(syscall.SIGTERM) // it may be between two lives
	s.mu.Unlock()
	<-s.kept
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if client, err := s.supervisor(ctx); err == nil {
		if err := client.Shutdown(ctx); err != nil {
			s.Errorf("stop the supervisor: %v", err)
		}
	}
	s.until("nobody passes points any more", func() string { return told(os.RemoveAll(s.points)) })
	if s.Failed() {
		said, _ := os.ReadFile(filepath.Join(s.supervisorDir(), "supervisor.log")) // it only explains
		s.Logf("the server wrote:\n%s\nand the supervisor:\n%s", s.output, said)
	}
}

func (s *server) supervisorDir() string { return filepath.Join(s.dir, "engine", "supervisor") }

func (s *server) supervisor(ctx context.Context) (*supervisor.Client, error) {
	return supervisor.Dial(ctx, s.supervisorDir())
}

// ok fails the test unless err is nil.
func (s *server) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// arm gives an order, and forgets what was passed before it.
func (s *server) arm(order killpoint.Order) {
	s.Helper()
	s.ok(s.forget("passed"))
	text, err := json.Marshal(order)
	s.ok(err)
	beside := filepath.Join(s.points, "order.new")
	s.ok(os.WriteFile(beside, text, 0o600))
	s.ok(os.Rename(beside, filepath.Join(s.points, "order")))
}

// disarm takes an order back and reports whether it was obeyed.
func (s *server) disarm() (obeyed bool) {
	s.Helper()
	err := os.Remove(filepath.Join(s.points, "order"))
	if !errors.Is(err, os.ErrNotExist) {
		s.ok(err)
	}
	return err != nil
}

func (s *server) forget(name string) error {
	if err := os.Remove(filepath.Join(s.points, name)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// passed lists the points that a role has passed since the last order.
func (s *server) passed(role string) []string {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.points, "passed"))
	if !errors.Is(err, os.ErrNotExist) {
		s.ok(err)
	}
	var points []string
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), role+" "); found {
			points = append(points, name)
		}
	}
	return points
}

// kill kills who plays a role, unless that has ended by itself.
func (s *server) kill(role string) {
	text, err := os.ReadFile(filepath.Join(s.points, role+".pid"))
	s.ok(err)
	pid, err := strconv.Atoi(string(text))
	s.ok(err)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		s.ok(err)
	}
}

// patience is how long anything may take on a busy machine.
const patience = 90 * time.Second

// until waits until a condition holds; it returns what is wrong, "" when nothing is.
func (s *server) until(what string, wrong func() string) {
	s.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for said := wrong(); said != ""; said = wrong() {
		select {
		case <-deadline:
			s.Fatalf("waited in vain until %s: %s", what, said)
		case <-tick.C:
		}
	}
}

// told is what an error says, "" for none.
func told(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}
