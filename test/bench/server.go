package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gondor/cluster/local"
	"gondor/web/api"
)

// domain is that of all servers here.
const domain = "localhost"

// password is the admin's.
const password = "correct horse battery"

// server is a `gondor serve` on a data directory of its own.
type server struct {
	binary    string
	data      string
	address   string
	arguments []string // of `gondor serve`, besides its own
	env       []string
	log       *os.File
	process   *exec.Cmd // nil while it does not run
	client    *api.Client
}

// newServer starts a server on an empty data directory and signs in. Call end.
// Arguments are added to those of `gondor serve`.
func (b *bench) newServer(ctx context.Context, name string, arguments ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{binary: b.gondor, data: filepath.Join(b.dir, name), address: address, arguments: arguments}
	if s.log, err = os.Create(s.data + ".log"); err != nil {
		return nil, fmt.Errorf("make the server's log: %w", err)
	}
	config := s.data + ".config"
	s.env = append(os.Environ(), "GONDOR_ADMIN_PASSWORD="+password, "HOME="+config, "XDG_CONFIG_HOME="+config,
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if err := s.enter(ctx); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// enter starts the server for the first time and signs in.
func (s *server) enter(ctx context.Context) error {
	if err := s.start(); err != nil {
		return err
	}
	if _, err := s.firstAnswer(ctx, domain, "/v2/openapi.json"); err != nil {
		return err
	}
	s.client = api.NewClient(api.Options{URL: &url.URL{Scheme: "http", Host: s.address}})
	if _, err := s.client.SignIn(ctx, "admin", password); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// freeAddress is an address whose port the system gives to nobody while the server is
// down: below those of outgoing connections, and of those that Gondor gives to sites.
func freeAddress() (string, error) {
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(10_000)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("find a free port: none is left between 10000 and 19999")
}

// start executes the server and returns at once.
func (s *server) start() error {
	arguments := append([]string{"serve", "--listen", s.address, "--data", s.data, "--domain", domain}, s.arguments...)
	s.process = exec.Command(s.binary, arguments...)
	s.process.Env, s.process.Stdout, s.process.Stderr = s.env, s.log, s.log
	if err := s.process.Start(); err != nil {
		s.process = nil
		return fmt.Errorf("start the server: %w", err)
	}
	return nil
}

// stop ends the server; what it runs goes on.
func (s *server) stop() error {
	if s.process == nil {
		return nil
	}
	process := s.process
	s.process = nil
	killer := time.AfterFunc(20*time.Second, func() { _ = process.Process.Kill() })
	defer killer.Stop()
	if err := errors.Join(process.Process.Signal(syscall.SIGTERM), process.Wait()); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}

// halt ends everything that the server runs too: its supervisor and all sites.
func (s *server) halt() error {
	err := s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	engine, failed := local.Open(ctx, local.Options{
		Dir: filepath.Join(s.data, "engine"), Supervisor: []string{s.binary, "supervisor", "--dir"}, Executable: s.binary,
	})
	if failed == nil {
		failed = engine.Shutdown(ctx)
	}
	return errors.Join(err, failed)
}

// end halts the server for ever.
func (s *server) end() error {
	if s.client != nil {
		s.client.Close()
	}
	return errors.Join(s.halt(), s.log.Close(), os.RemoveAll(s.data))
}

// lastWords is the end of the server's log.
func (s *server) lastWords() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// run types a command into a shell in a directory, and returns its output.
func (s *server) run(ctx context.Context, dir, input, program string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir, command.Env, command.Stdin = dir, s.env, strings.NewReader(input)
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return string(out), nil
}
