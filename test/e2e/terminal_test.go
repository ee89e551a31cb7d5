package e2e

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"

	"gondor/test/screen"
)

// deployed is a site that runs.
func (s *server) deployed() place {
	s.t.Helper()
	site := s.example("static")
	site.run("sites", "init", "--name", "static")
	site.git("add", "gondor.yml")
	site.git("commit", "-qm", "Deploy with Gondor")
	site.run("deploy")
	return site
}

// console is a command of ours in a terminal.
type console struct {
	t      *testing.T
	file   *os.File
	screen *screen.Screen
	ended  chan error
}

// console starts a command in a terminal of 100 by 30 characters.
func (p place) console(arguments ...string) *console {
	p.server.t.Helper()
	command := exec.Command(gondor, arguments...)
	command.Dir, command.Env = p.dir, append(p.server.env, "TERM=xterm")
	file, err := pty.StartWithSize(command, &pty.Winsize{Cols: 100, Rows: 30})
	if err != nil {
		p.server.t.Fatal(err)
	}
	c := &console{t: p.server.t, file: file, screen: &screen.Screen{}, ended: make(chan error, 1)}
	go func() { _, _ = io.Copy(c.screen, file) }() // until the command has ended
	go func() { c.ended <- command.Wait() }()
	c.t.Cleanup(func() { _ = file.Close() })
	return c
}

func (c *console) types(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.file, text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) shows(text string) {
	c.t.Helper()
	eventually(c.t, "the terminal shows "+text, func() bool { return strings.Contains(c.screen.String(), text) })
}

func TestARunInATerminalIsLikeAShellOfOnesOwn(t *testing.T) {
	needs(t, "git")
	site := newServer(t).deployed()
	c := site.console("run", "web", "--", "PS1='ready> ' exec sh")
	c.shows("ready> ")
	c.types("echo the size is $(stty size)\n")
	c.shows("the size is 30 100")
	if err := pty.Setsize(c.file, &pty.Winsize{Cols: 120, Rows: 50}); err != nil {
		t.Fatal(err)
	}
	c.types("until [ \"$(stty size)\" = '50 120' ]; do sleep 0.05; done; echo it is $(stty size) now\n")
	c.shows("it is 50 120 now")
	c.types("echo sle''eping; sleep 1000; echo woken by $?\n")
	c.shows("sleeping")
	c.types("\x03") // Ctrl-C ends what runs in the terminal, and not the run
	c.types("\necho still he''re\n")
	c.shows("still here")
	c.types("exit 7\n")
	var exit *exec.ExitError
	if err := <-c.ended; !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("the command ended with %v", err)
	}
}

// wire is a way to the server that can be cut.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	open     []net.Conn
}

// wire leads to the server.
func (s *server) wire() *wire {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	w := &wire{listener: listener}
	s.t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
	})
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			w.join(near, s.address)
		}
	}()
	return w
}

func (w *wire) join(near net.Conn, address string) {
	far, err := net.Dial("tcp", address)
	if err != nil {
		_ = near.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, near, far)
	w.mu.Unlock()
	for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // until either is closed
			_, _ = pair[0].Close(), pair[1].Close()
		}()
	}
}

// cut closes all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.open {
		_ = one.Close()
	}
	w.open = nil
}

func TestATerminalWhoseConnectionIsLostGoesOnWhereItWas(t *testing.T) {
	needs(t, "git")
	server := newServer(t)
	site := server.deployed()
	w := server.wire()
	site.run("login", "http://"+w.listener.Addr().String(), "--username", "admin", "--password-stdin", "<", password)
	c := site.console("run", "web", "--", "PS1='ready> ' exec sh")
	c.shows("ready> ")
	c.types("kept=tre''asure\n")
	c.types("echo it was set$((1 + 1))\n")
	c.shows("it was set2")
	w.cut()
	eventually(t, "the same shell answers", func() bool {
		c.types("\necho the $kept is he''re\n") // what is typed into a lost connection may be lost
		return strings.Contains(c.screen.String(), "the treasure is here")
	})
	c.types("exit 7\n")
	var exit *exec.ExitError
	if err := <-c.ended; !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("the command ended with %v", err)
	}
}

func TestWhatGoesThroughARunComesOutTheSame(t *testing.T) {
	needs(t, "git")
	site := newServer(t).deployed()
	const size = 64 << 20
	sent, got := sha256.New(), sha256.New()
	command := exec.Command(gondor, "run", "web", "--", "cat")
	command.Dir, command.Env = site.dir, site.server.env
	command.Stdin = io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), size), sent)
	count := &counter{Writer: got}
	command.Stdout = count
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	if count.size != size || !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		t.Errorf("%d bytes came back, not the same %d", count.size, size)
	}
}

type counter struct {
	io.Writer
	size int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	return c.Writer.Write(p)
}
