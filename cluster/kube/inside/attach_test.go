package inside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"gondor/app"
	"gondor/test/screen"
)

// holding is a spec of a command that starts when somebody attaches.
func holding(command string) Spec { return Spec{Command: command, Hold: true, Stdin: true} }

// attach attaches through a far end of its own, as an exec into the container does. The
// far end is killed when ctx ends.
func (c *container) attach(ctx context.Context, s app.Streams) (Termination, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	far := exec.CommandContext(ctx, os.Args[0])
	far.Env = append(os.Environ(), envJoin+"="+c.options.Socket)
	to, err := far.StdinPipe()
	if err != nil {
		return Termination{}, err
	}
	from, err := far.StdoutPipe()
	if err != nil {
		return Termination{}, err
	}
	if err := far.Start(); err != nil {
		return Termination{}, err
	}
	end, err := Attach(ctx, to, from, s)
	cancel()
	_ = far.Wait() // it was killed
	return end, err
}

// present is somebody who is attached in the background.
type present struct {
	out   screen.Screen
	leave func()
	ended chan error
}

func (c *container) attachBeside(s app.Streams) *present {
	ctx, cancel := context.WithCancel(c.Context())
	p := &present{leave: cancel, ended: make(chan error, 1)}
	s.Stdout = &p.out
	go func() {
		_, err := c.attach(ctx, s)
		p.ended <- err
	}()
	return p
}

func (p *present) sees(t *testing.T, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%q is seen", text), func() bool { return strings.Contains(p.out.String(), text) })
}

func TestStreamsAreCarriedApartAndTheEndIsTold(t *testing.T) {
	c := newContainer(t, holding("cat; echo problem >&2; exit 5")).start()
	var out, problems bytes.Buffer
	end, err := c.attach(t.Context(), app.Streams{Stdin: strings.NewReader("hello"), Stdout: &out, Stderr: &problems})
	if err != nil || end.Code != 5 || end.Message != "exit status 5" || out.String() != "hello" || problems.String() != "problem\n" {
		t.Errorf("it wrote %q and %q and ended with %+v, %v", out.String(), problems.String(), end, err)
	}
	c.ends(5, "exit status 5")
	if got := c.out.String(); !strings.Contains(got, "hello\n") || !strings.Contains(got, "\x1b[;0mproblem\n") {
		t.Errorf("the container's output is %q", got)
	}
}

func TestWithoutALogOnlyTheAttachedSeeTheOutput(t *testing.T) {
	c := newContainer(t, holding("echo secret"))
	c.options.Spec.Log = false
	c.start()
	var out bytes.Buffer
	if _, err := c.attach(t.Context(), app.Streams{Stdout: &out}); err != nil || out.String() != "secret\n" {
		t.Errorf("it wrote %q, %v", out.String(), err)
	}
	c.ends(0, "")
	if c.out.String() != "" {
		t.Errorf("the container's output is %q", c.out.String())
	}
}

// ahead is an input that tells when as much was read of it as may be on its way.
type ahead struct {
	io.Reader
	size int
	full chan struct{}
}

func (a *ahead) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if a.size < window && a.size+n >= window {
		close(a.full)
	}
	a.size += n
	return n, err
}

// slow passes nothing on before everything that fits is on its way.
type slow struct {
	hash.Hash
	size int64
	full <-chan struct{}
}

func (s *slow) Write(data []byte) (int, error) {
	s.size += int64(len(data))
	select {
	case <-s.full:
		return s.Hash.Write(data)
	case <-time.After(deadline):
		return 0, errors.New("the input waits for the output")
	}
}

func TestManyMegabytesPassThroughByteByByteInBoundedMemory(t *testing.T) {
	c := newContainer(t, holding("exec cat"))
	c.options.Spec.Log = false
	c.start()
	const size = 50 << 20
	sent := sha256.New()
	source := &ahead{Reader: io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), size), sent), full: make(chan struct{})}
	got := &slow{Hash: sha256.New(), full: source.full}
	if _, err := c.attach(t.Context(), app.Streams{Stdin: source, Stdout: got}); err != nil {
		t.Fatal(err)
	}
	if got.size != size || !bytes.Equal(got.Sum(nil), sent.Sum(nil)) {
		t.Errorf("%d bytes came back, not the same %d", got.size, size)
	}
	c.ends(0, "")
	usage, ok := c.command.ProcessState.SysUsage().(*syscall.Rusage)
	if most := usage.Maxrss >> 10; ok && most > 120 { // the race detector's share and the test binary's included
		t.Errorf("process 1 grew to %d MB", most)
	}
}

// gate lets nothing pass until it is opened.
type gate struct {
	reached, open chan struct{}
	size          int
}

func (g *gate) Write(data []byte) (int, error) {
	if g.size == 0 {
		close(g.reached)
	}
	g.size += len(data)
	<-g.open
	return len(data), nil
}

func TestWhoReadsSlowlyMakesTheProgramWait(t *testing.T) {
	c := newContainer(t, holding("for i in $(seq 150); do head -c 10000 /dev/zero; echo $i > count; done"))
	c.options.Spec.Log = false
	c.start()
	g := &gate{reached: make(chan struct{}), open: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		_, err := c.attach(t.Context(), app.Streams{Stdout: g})
		ended <- err
	}()
	<-g.reached
	last, steady := "", 0
	eventually(t, "the program waits", func() bool {
		now, _ := os.ReadFile(filepath.Join(c.dir, "count"))
		if string(now) != last || last == "" {
			last, steady = string(now), 0
		}
		steady++
		return steady > 40
	})
	if strings.TrimSpace(last) == "150" {
		t.Error("it wrote everything")
	}
	close(g.open)
	if err := <-ended; err != nil || g.size != 150*10000 {
		t.Errorf("%d bytes came, %v", g.size, err)
	}
}

func TestOneIsAttachedAtATime(t *testing.T) {
	c := newContainer(t, holding("echo ready; exec cat")).start()
	in, typed := io.Pipe()
	first := c.attachBeside(app.Streams{Stdin: in})
	first.sees(t, "ready\n")
	if _, err := c.attach(t.Context(), app.Streams{}); app.CodeOf(err) != app.CodeConflict || !strings.Contains(err.Error(), "somebody is attached") {
		t.Errorf("the second gets %v", err)
	}
	c.ok(typed.Close())
	c.ok(<-first.ended)
	c.ends(0, "")
}

func TestAProgramOutlivesWhoWasAttached(t *testing.T) {
	c := newContainer(t, holding("exec cat")).start()
	in, typed := io.Pipe()
	first := c.attachBeside(app.Streams{Stdin: in})
	_, err := io.WriteString(typed, "one\n")
	c.ok(err)
	first.sees(t, "one\n")
	first.leave()
	if err := <-first.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("who left gets %v", err)
	}
	var out bytes.Buffer
	eventually(t, "another can attach", func() bool {
		_, err := c.attach(t.Context(), app.Streams{Stdin: strings.NewReader("two\n"), Stdout: &out})
		return app.CodeOf(err) != app.CodeConflict
	})
	if out.String() != "two\n" {
		t.Errorf("the other sees %q", out.String())
	}
	c.ends(0, "")
}

func TestAnEphemeralProgramEndsWithWhoWasAttached(t *testing.T) {
	s := holding("echo ready; exec sleep 1000") // reads nothing
	s.Ephemeral = true
	c := newContainer(t, s).start()
	p := c.attachBeside(app.Streams{Stdin: rand.NewChaCha8([32]byte{})})
	p.sees(t, "ready\n")
	p.leave()
	<-p.ended
	c.ends(143, "stopped by SIGTERM")
}

func TestAnInteractiveShellIsHungUp(t *testing.T) {
	s := Spec{Argv: []string{"bash", "--norc", "-i"}, Hold: true, Stdin: true, TTY: true, Ephemeral: true, StopTimeout: time.Hour}
	c := newContainer(t, s).start()
	in, typed := io.Pipe()
	p := c.attachBeside(app.Streams{Stdin: in})
	_, err := io.WriteString(typed, "echo $((40+2))\n")
	c.ok(err)
	p.sees(t, "42")
	p.leave()
	<-p.ended
	c.wait()
}

func TestATerminalHasASizeThatChanges(t *testing.T) {
	s := holding("trap 'stty size' WINCH; test -t 0 && test -t 1 && test -t 2 && stty size; echo $TERM; while :; do sleep 0.01; done")
	s.TTY, s.Ephemeral, s.Window = true, true, app.Window{Width: 90, Height: 20}
	c := newContainer(t, s).start()
	resizes := make(chan app.Window)
	p := c.attachBeside(app.Streams{TTY: true, Window: app.Window{Width: 100, Height: 40}, Resizes: resizes})
	p.sees(t, "40 100\r\nxterm-256color\r\n")
	resizes <- app.Window{Width: 132, Height: 50}
	p.sees(t, "50 132\r\n")
	close(resizes)
	p.leave()
	<-p.ended
	c.wait()
	if got := c.out.String(); !strings.Contains(got, "40 100\n") {
		t.Errorf("the container's output is %q", got)
	}
}

func TestTheEndOfStdinIsTheEndOfFileOnATerminal(t *testing.T) {
	for _, input := range []string{"", "line\n", "unfinished"} {
		t.Run(fmt.Sprintf("after %q", input), func(t *testing.T) {
			s := holding("cat > /dev/null; echo over")
			s.TTY = true
			c := newContainer(t, s).start()
			var out bytes.Buffer
			_, err := c.attach(t.Context(), app.Streams{Stdin: strings.NewReader(input), Stdout: &out, TTY: true})
			if err != nil || !strings.HasSuffix(out.String(), "over\r\n") {
				t.Errorf("it wrote %q, %v", out.String(), err)
			}
			c.ends(0, "")
		})
	}
}

func TestTheStandardInputOfWhoTakesNoneIsEmpty(t *testing.T) {
	c := newContainer(t, Spec{Command: "cat; echo end", Hold: true}).start()
	var out bytes.Buffer
	_, err := c.attach(t.Context(), app.Streams{Stdin: strings.NewReader("ignored"), Stdout: &out})
	if err != nil || out.String() != "end\n" {
		t.Errorf("it wrote %q, %v", out.String(), err)
	}
}

func TestAProgramThatEndsWhileItsInputGoesOnEndsTheAttach(t *testing.T) {
	c := newContainer(t, holding("head -c 100000 | wc -c; exit 3")).start()
	var out bytes.Buffer
	end, err := c.attach(t.Context(), app.Streams{Stdin: rand.NewChaCha8([32]byte{}), Stdout: &out})
	if err != nil || strings.TrimSpace(out.String()) != "100000" || end.Code != 3 {
		t.Errorf("it wrote %q and ended with %+v, %v", out.String(), end, err)
	}
	c.ends(3, "")
}

func TestAnInputThatFailsEndsTheAttachAndTellsWhy(t *testing.T) {
	s := holding("exec cat")
	s.Ephemeral = true
	c := newContainer(t, s).start()
	broken := errors.New("the line is cut")
	if _, err := c.attach(t.Context(), app.Streams{Stdin: iotest.ErrReader(broken)}); !errors.Is(err, broken) {
		t.Errorf("the attach ended with %v", err)
	}
	c.ends(143, "stopped by SIGTERM")
}

func TestAHeldProgramThatCanNotBeStartedEndsTheAttach(t *testing.T) {
	c := newContainer(t, Spec{Argv: []string{"no-such-program"}, Hold: true}).start()
	if end, err := c.attach(t.Context(), app.Streams{}); err != nil || end.Code != 127 {
		t.Errorf("the attach ended with %+v, %v", end, err)
	}
	c.ends(127, "could not be started")
}

func TestAHeldProgram(t *testing.T) {
	t.Run("can be stopped", func(t *testing.T) {
		c := newContainer(t, holding("echo begun")).start()
		eventually(t, "it listens", func() bool {
			_, err := os.Stat(c.options.Socket)
			return err == nil
		})
		c.signal(syscall.SIGTERM)
		c.ends(143, "stopped before it started")
		if c.out.String() != "" {
			t.Errorf("it began, and wrote %q", c.out.String())
		}
	})
	t.Run("ends when nobody comes", func(t *testing.T) {
		c := newContainer(t, holding("echo begun"))
		c.options.HoldTimeout = 10 * time.Millisecond
		c.start().ends(143, "nobody attached to it within 10ms")
	})
}

func TestAProgramThatIsStoppedDoesNotWaitForWhoReadsNothing(t *testing.T) {
	c := newContainer(t, holding("head -c 10000000 /dev/zero; exit 3")).start()
	g := &gate{reached: make(chan struct{}), open: make(chan struct{})}
	defer close(g.open)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _, _ = c.attach(ctx, app.Streams{Stdout: g}) }()
	<-g.reached
	c.signal(syscall.SIGTERM)
	c.ends(143, "stopped by SIGTERM")
}

func TestAFarEndThatIsNoProcessOneIsRefused(t *testing.T) {
	for name, bytes := range map[string]string{
		"it sends no frame":               "HTTP/1.1 400 Bad Request\r\n",
		"it gives credit that nobody had": "t\x00\x00\x00\x04\xff\xff\xff\xff",
		"it announces too much":           "o\x7f\xff\xff\xff",
		"it sends an empty piece":         "o\x00\x00\x00\x00",
		"it ends with nonsense":           "x\x00\x00\x00\x02{}",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Attach(t.Context(), io.Discard, strings.NewReader(bytes), app.Streams{}); !errors.Is(err, errFrame) {
				t.Errorf("the attach ended with %v", err)
			}
		})
	}
	t.Run("it says nothing", func(t *testing.T) {
		if _, err := Attach(t.Context(), io.Discard, strings.NewReader(""), app.Streams{}); !errors.Is(err, ErrLost) {
			t.Errorf("the attach ended with %v", err)
		}
	})
}

// brokenPipe takes the first frame and nothing after it, as a far end does that has gone.
type brokenPipe struct{ begun bool }

func (b *brokenPipe) Write(data []byte) (int, error) {
	if b.begun {
		return 0, syscall.EPIPE
	}
	b.begun = true
	return len(data), nil
}

func TestWhatAFarEndToldBeforeItWentIsDelivered(t *testing.T) {
	told := appendFrame(nil, kindAttached, nil)
	told = appendFrame(told, kindStdout, []byte("its last words"))
	whole := appendFrame(told, kindExit, []byte(`{"code":3,"message":"exit status 3"}`))
	for name, tt := range map[string]struct {
		told []byte
		code int
		err  error
	}{
		"and how the program ended":                  {told: whole, code: 3},
		"and that the connection was lost otherwise": {told: told, err: ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			end, err := Attach(t.Context(), &brokenPipe{}, bytes.NewReader(tt.told), app.Streams{Stdout: &out})
			if end.Code != tt.code || !errors.Is(err, tt.err) || out.String() != "its last words" {
				t.Errorf("it delivered %q and ended with %+v, %v", out.String(), end, err)
			}
		})
	}
}
