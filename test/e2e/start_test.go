package e2e

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAStartThatFailsSaysWhyAndLeavesNothingRunning(t *testing.T) {
	tests := []struct {
		name    string
		spoil   func(t *testing.T, s *server)
		want    string
		touches bool // the data directory may have been made
	}{
		{"a port that is taken", takePort, "something else listens on", false},
		{"a data directory that is a file", dataIsFile, "not a directory", false},
		{"a data directory that sites can't enter", dataIsClosed, "other users can't enter", true},
		{"a password that is too short", weakPassword, "use at least 8", true},
		{"a key that was lost", loseKey, "put it back from a backup", true},
		{"a store that is rubbish", spoilStore, "is damaged or not a store of Gondor", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newHalted(t)
			t.Cleanup(s.end)
			test.spoil(t, s)
			_, err := os.Stat(s.dir)
			missing := errors.Is(err, os.ErrNotExist)
			out := s.failToStart()
			if sentence := lastLine(out); !strings.HasPrefix(sentence, "gondor: ") || !strings.Contains(sentence, test.want) {
				t.Errorf("it says %q, want %q", sentence, test.want)
			}
			if _, err := os.Stat(s.dir); missing && !test.touches && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the data directory was made (%v)", err)
			}
			eventually(t, "nothing runs", func() bool {
				var none *exec.ExitError
				return errors.As(exec.Command("pgrep", "-f", s.dir).Run(), &none)
			})
		})
	}
}

// failToStart runs `gondor serve`, which must end by itself, and returns what it wrote.
func (s *server) failToStart() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, gondor, "serve", "--listen", s.address, "--data", s.dir, "--domain", "localhost")
	command.Env = s.env
	out, err := command.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		s.t.Fatalf("it started (%v):\n%s", err, out)
	}
	return string(out)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func takePort(t *testing.T, s *server) {
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
}

func dataIsFile(t *testing.T, s *server) {
	if err := os.WriteFile(s.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func dataIsClosed(t *testing.T, s *server) {
	if os.Getuid() != 0 {
		t.Skip("without root, instances have no users of their own")
	}
	if err := os.Chmod(filepath.Dir(s.dir), 0o700); err != nil {
		t.Fatal(err)
	}
}

func weakPassword(_ *testing.T, s *server) { s.env = append(s.env, "GONDOR_ADMIN_PASSWORD=short") }

// loseKey removes the key of an installation that has secrets.
func loseKey(t *testing.T, s *server) {
	s.start()
	p := s.in(t.TempDir())
	p.run("login", s.url("localhost"), "--username", "admin", "--password-stdin", "<", password)
	p.run("sites", "create", "--name", "secretive")
	p.run("env", "set", "--site", "secretive", "--on", "site", "TOKEN=x")
	s.end()
	if err := os.Remove(filepath.Join(s.dir, "gondor.key")); err != nil {
		t.Fatal(err)
	}
}

func spoilStore(t *testing.T, s *server) {
	if err := os.MkdirAll(filepath.Join(s.dir, "store"), 0o755); err != nil {
		t.Fatal(err)
	}
	rubbish := []byte(strings.Repeat("rubbish ", 4096))
	if err := os.WriteFile(filepath.Join(s.dir, "store", "gondor.db"), rubbish, 0o600); err != nil {
		t.Fatal(err)
	}
}
