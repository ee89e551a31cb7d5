package build_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gondor/app"
	"gondor/build"
)

// The tests below do what an engine does with a plan, without its limits.

// installed finds the runtimes of this machine; a test that needs one that is missing
// is skipped.
func installed(t *testing.T, names ...string) []app.Runtime {
	t.Helper()
	var found []app.Runtime
	for _, name := range names {
		path, err := exec.LookPath(map[string]string{"python": "/usr/bin/python3"}[name] + map[bool]string{true: name}[name != "python"])
		if err != nil {
			t.Skipf("%s is not installed, so nothing can be built with it", name)
		}
		flag := "--version"
		if name == "go" {
			flag = "version"
		}
		out, err := exec.Command(path, flag).Output()
		if err != nil {
			t.Fatalf("%s %s: %v", path, flag, err)
		}
		found = append(found, app.Runtime{Name: name, Version: versionIn(string(out)), Path: path})
	}
	return found
}

// versionIn finds the version in what a runtime says of itself.
func versionIn(text string) string {
	for word := range strings.FieldsSeq(text) {
		word = strings.TrimLeft(word, "vgo")
		if word != "" && word[0] >= '0' && word[0] <= '9' {
			return word
		}
	}
	return text
}

// site is a source tree on its way to being served.
type site struct {
	t         *testing.T
	app       string // the directory of the source, later of the artifact
	cache     string
	variables map[string]string // of the build
	plan      app.Plan
	output    bytes.Buffer
	uid       uint32 // who runs the steps; 0 is who runs the test
}

// newSite copies a source into a directory of its own and plans its build.
func newSite(t *testing.T, source fs.FS, cache string, runtimes []app.Runtime) *site {
	t.Helper()
	s := &site{t: t, app: filepath.Join(t.TempDir(), "build here"), cache: cache, variables: map[string]string{}}
	if err := os.CopyFS(s.app, source); err != nil {
		t.Fatal(err)
	}
	plan, err := build.Detect(source, runtimes)
	if err != nil {
		t.Fatal(err)
	}
	s.plan = plan
	return s
}

// example is the source of one of the examples, as git has it.
func example(t *testing.T, name string) fs.FS {
	t.Helper()
	dir := filepath.Join("..", "examples", name)
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	return os.DirFS(dir)
}

// build runs the steps and returns how long they took. It fails the test when one fails.
func (s *site) build() time.Duration {
	s.t.Helper()
	began := time.Now()
	for _, step := range s.plan.Steps {
		start := time.Now()
		if err := s.step(step); err != nil {
			s.t.Fatalf("%s: %v\n%s", step.Name, err, s.output.String())
		}
		s.t.Logf("%-45s %6d ms", step.Name, time.Since(start).Milliseconds())
	}
	return time.Since(began)
}

func (s *site) step(step app.Step) error {
	env := s.expand(step.Env)
	maps.Copy(env, s.variables)
	env["PATH"] = s.path(step.Env)
	cmd := s.command(step.Command, env)
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	return cmd.Run()
}

// command is a command of sh in the tree, in nothing but that environment.
func (s *site) command(command string, env map[string]string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Dir = s.app
	if s.uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.uid, Gid: s.uid}}
	}
	cmd.Env = []string{"HOME=" + s.cache, "PIP_CONFIG_FILE=/dev/null"}
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	return cmd
}

func (s *site) expand(env map[string]string) map[string]string {
	expanded := map[string]string{}
	for key, value := range env {
		expanded[key] = strings.NewReplacer("${APP}", s.app, "${CACHE}", s.cache).Replace(value)
	}
	return expanded
}

func (s *site) path(env map[string]string) string {
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if own := s.expand(env)["PATH"]; own != "" {
		path = own + ":" + path
	}
	return path
}

// move puts the artifact elsewhere, as engines do.
func (s *site) move() {
	s.t.Helper()
	to := filepath.Join(s.t.TempDir(), "artifact")
	if err := os.Rename(s.app, to); err != nil {
		s.t.Fatal(err)
	}
	s.app = to
}

// run runs a command as a process of the artifact and returns what it wrote.
func (s *site) run(command string, env map[string]string) string {
	s.t.Helper()
	out, err := s.process(command, env).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

func (s *site) process(command string, env map[string]string) *exec.Cmd {
	all := s.expand(s.plan.Env)
	all["PATH"] = s.path(s.plan.Env)
	maps.Copy(all, env)
	return s.command(command, all)
}

// serve starts the web process and returns its address once it answers.
func (s *site) serve(env map[string]string) string {
	s.t.Helper()
	port := freePort(s.t)
	env = maps.Clone(env)
	if env == nil {
		env = map[string]string{}
	}
	env["PORT"] = port
	var output bytes.Buffer
	cmd := s.process(s.plan.Processes["web"], env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		<-ended
	})
	address := "http://127.0.0.1:" + port
	eventually(s.t, func() error {
		answer, err := http.Get(address + "/")
		if err != nil {
			return err
		}
		return answer.Body.Close()
	})
	return address
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err = errors.Join(err, listener.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

// eventually waits until the condition holds.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("it never came true: %v", err)
		case <-tick.C:
		}
	}
}

// get fetches a page and fails the test unless the answer is 200.
func get(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", address, answer.Status, err, body)
	}
	return string(body)
}

// filesWith returns the files below dir that hold the text.
func filesWith(t *testing.T, dir, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("search %s: %w", dir, err))
	}
	return found
}
