package supervisor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"gondor/app"
	"gondor/test/screen"
)

func shows(t *testing.T, s *screen.Screen, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%q is shown", text), func() bool { return strings.Contains(s.String(), text) })
}

// attach attaches in the background.
func attach(t *testing.T, ctx context.Context, c *Client, id string, s app.Streams) <-chan error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- c.Attach(ctx, id, s) }()
	return ended
}

// slowHash reads slowly for a while, so that everything before it has to wait.
type slowHash struct {
	hash.Hash
	size  int64
	pause func(size int64)
}

func (s *slowHash) Write(data []byte) (int, error) {
	s.size += int64(len(data))
	s.pause(s.size)
	return s.Hash.Write(data)
}

func TestAHundredMegabytesPassThroughByteByByteInBoundedMemory(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("cat", "exec cat")
	s.Hold, s.Stdin = true, true
	start(t, c, s)
	const size = 100 << 20
	sent := sha256.New()
	source := io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), size), sent)
	pid, most := supervisorPID(t, c), int64(0)
	got := &slowHash{Hash: sha256.New(), pause: func(n int64) {
		if n%(1<<20) < 8<<10 {
			most = max(most, memoryOf(t, pid))
		}
	}}
	if err := c.Attach(t.Context(), "cat", app.Streams{Stdin: source, Stdout: got}); err != nil {
		t.Fatal(err)
	}
	if got.size != size || !bytes.Equal(got.Sum(nil), sent.Sum(nil)) {
		t.Fatalf("%d bytes came back, not the same %d", got.size, size)
	}
	if exit := wait(t, c, "cat"); exit.Code != 0 {
		t.Fatalf("it ended with %+v", exit)
	}
	if most > 80<<20 { // the race detector's share included
		t.Fatalf("the supervisor grew to %d MB", most>>20)
	}
}

func TestWhoReadsSlowlyMakesTheProcessWait(t *testing.T) {
	c := launch(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "count")
	s := sh("p", "for i in $(seq 400); do head -c 10000 /dev/zero; echo $i > "+path+"; done")
	s.Hold = true
	start(t, c, s)
	gate, blocked := make(chan struct{}), make(chan struct{})
	var once sync.Once
	got := &slowHash{Hash: sha256.New(), pause: func(int64) {
		once.Do(func() { close(blocked) })
		<-gate
	}}
	ended := attach(t, t.Context(), c, "p", app.Streams{Stdout: got})
	<-blocked
	steady := 0 // how long nothing more was written
	last := -1
	eventually(t, "the process waits", func() bool {
		now := number(t, path)
		if now != last {
			last, steady = now, 0
		}
		steady++
		return steady > 20
	})
	if last >= 400 || memoryOf(t, supervisorPID(t, c)) > 80<<20 {
		t.Fatalf("it wrote %d of 400 pieces", last)
	}
	close(gate)
	if err := <-ended; err != nil || got.size != 400*10000 {
		t.Fatalf("%d bytes came, %v", got.size, err)
	}
}

func TestBothStreamsArriveApart(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "echo out; echo err >&2")
	s.Hold = true
	start(t, c, s)
	if got := status(t, c, "p"); got.State != StateHeld {
		t.Fatalf("its status is %+v", got)
	}
	var out, errs bytes.Buffer
	if err := c.Attach(t.Context(), "p", app.Streams{Stdout: &out, Stderr: &errs}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "out\n" || errs.String() != "err\n" {
		t.Fatalf("got %q and %q", out.String(), errs.String())
	}
	if err := c.Attach(t.Context(), "p", app.Streams{}); err != nil {
		t.Fatalf("attaching to what has ended returned %v", err)
	}
}

func TestAHeldProcessThatCanNotBeStartedEndsTheAttach(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "")
	s.Argv, s.Hold = []string{"no-such-program-anywhere"}, true
	start(t, c, s)
	if err := c.Attach(t.Context(), "p", app.Streams{}); err != nil {
		t.Fatal(err)
	}
	if exit := wait(t, c, "p"); exit.Code != 127 {
		t.Fatalf("it ended with %+v", exit)
	}
}

func TestAHeldProcessCanBeStopped(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "exit 0")
	s.Hold = true
	start(t, c, s)
	if err := c.Stop(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	if exit := wait(t, c, "p"); exit.Code != 143 || exit.Message != "stopped before it started" {
		t.Fatalf("it ended with %+v", exit)
	}
}

func TestOneIsAttachedAtATime(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "echo ready; exec cat")
	s.Hold, s.Stdin = true, true
	start(t, c, s)
	ctx, cancel := context.WithCancel(t.Context())
	var first screen.Screen
	ended := attach(t, ctx, c, "p", app.Streams{Stdout: &first})
	shows(t, &first, "ready")
	if err := c.Attach(t.Context(), "p", app.Streams{}); app.CodeOf(err) != app.CodeConflict {
		t.Fatalf("the second got %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("the first got %v", err)
	}
	var third screen.Screen
	eventually(t, "another can attach", func() bool {
		err := c.Attach(t.Context(), "p", app.Streams{Stdin: strings.NewReader("hello"), Stdout: &third})
		return app.CodeOf(err) != app.CodeConflict
	})
	if third.String() != "hello" || wait(t, c, "p").Code != 0 {
		t.Fatalf("the third saw %q", third.String())
	}
}

func TestWhoLeavesTakesAnEphemeralProcessAlong(t *testing.T) {
	for _, ephemeral := range []bool{true, false} {
		t.Run(fmt.Sprint("ephemeral ", ephemeral), func(t *testing.T) {
			c := launch(t, t.TempDir())
			s := sh("p", "echo ready; exec sleep 600") // reads nothing
			s.Ephemeral, s.Stdin, s.Hold = ephemeral, true, true
			start(t, c, s)
			ctx, cancel := context.WithCancel(t.Context())
			var out screen.Screen
			endless := rand.NewChaCha8([32]byte{})
			ended := attach(t, ctx, c, "p", app.Streams{Stdin: endless, Stdout: &out})
			shows(t, &out, "ready")
			cancel()
			<-ended
			if ephemeral {
				if exit := wait(t, c, "p"); exit.Code != 143 {
					t.Fatalf("it ended with %+v", exit)
				}
				return
			}
			eventually(t, "another can attach", func() bool {
				short, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer end()
				return errors.Is(c.Attach(short, "p", app.Streams{}), context.DeadlineExceeded)
			})
			if got := status(t, c, "p"); got.State != StateRunning {
				t.Fatalf("its status is %+v", got)
			}
		})
	}
}

func TestATerminalHasASizeThatChanges(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "trap 'stty size' WINCH; test -t 0 && test -t 1 && test -t 2 && stty size; while :; do sleep 0.01; done")
	s.TTY, s.Stdin, s.Hold = true, true, true
	start(t, c, s)
	var out screen.Screen
	resizes := make(chan app.Window)
	ended := attach(t, t.Context(), c, "p", app.Streams{
		Stdout: &out, TTY: true, Window: app.Window{Width: 100, Height: 40}, Resizes: resizes,
	})
	shows(t, &out, "40 100\r\n")
	resizes <- app.Window{Width: 132, Height: 50}
	shows(t, &out, "50 132\r\n")
	close(resizes)
	if err := c.Stop(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestTheEndOfStdinIsTheEndOfFileOnATerminal(t *testing.T) {
	for _, input := range []string{"", "line\n", "unfinished"} {
		t.Run(fmt.Sprintf("after %q", input), func(t *testing.T) {
			c := launch(t, t.TempDir())
			s := sh("p", "cat > /dev/null; echo over")
			s.TTY, s.Stdin, s.Hold = true, true, true
			start(t, c, s)
			var out screen.Screen
			err := c.Attach(t.Context(), "p", app.Streams{Stdin: strings.NewReader(input), Stdout: &out, TTY: true})
			if err != nil || !strings.HasSuffix(out.String(), "over\r\n") {
				t.Fatalf("got %q, %v", out.String(), err)
			}
		})
	}
}

func TestAnInteractiveShellIsHungUp(t *testing.T) {
	c := launch(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "job")
	s := sh("p", "")
	s.Argv, s.TTY, s.Stdin, s.Hold, s.Ephemeral = []string{"bash", "--norc", "-i"}, true, true, true, true
	s.StopTimeout = time.Hour
	start(t, c, s)
	ctx, cancel := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	ended := attach(t, ctx, c, "p", app.Streams{Stdin: in, Stdout: io.Discard, TTY: true})
	if _, err := io.WriteString(typed, "nohup sleep 600 >/dev/null 2>&1 & echo $! > "+path+"\n"); err != nil {
		t.Fatal(err)
	}
	job := number(t, path)
	cancel()
	<-ended
	wait(t, c, "p")
	eventually(t, "its jobs are gone", func() bool { return !running(job) })
}

func TestATerminalWithoutALogLeavesNoTrace(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "echo secret")
	s.TTY, s.Hold = true, true
	start(t, c, s)
	var out screen.Screen
	if err := c.Attach(t.Context(), "p", app.Streams{Stdout: &out, TTY: true}); err != nil || !strings.Contains(out.String(), "secret") {
		t.Fatalf("got %q, %v", out.String(), err)
	}
	if got := status(t, c, "p"); len(got.Tail) != 0 {
		t.Fatalf("it kept %q", got.Tail)
	}
}

func TestAFastWriterIsNotHeldUpByASlowFollower(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c 8000000")
	s.Log = "service/fast"
	next, stop := iter.Pull2(c.Lines(t.Context(), app.LogQuery{Log: s.Log, Follow: true}))
	defer stop()
	start(t, c, s)
	if _, err, more := next(); err != nil || !more {
		t.Fatal(err)
	}
	if exit := wait(t, c, "p"); exit.Code != 0 { // while nobody reads on
		t.Fatalf("it ended with %+v", exit)
	}
	if got := memoryOf(t, supervisorPID(t, c)); got > 80<<20 {
		t.Fatalf("the supervisor grew to %d MB", got>>20)
	}
	if err := c.CloseLog(t.Context(), s.Log); err != nil {
		t.Fatal(err)
	}
	for line, err, more := next(); more; line, err, more = next() {
		if err != nil || len(line.Text) > 70 {
			t.Fatalf("the line is %+v, %v", line, err)
		}
	}
}

func TestTheStandardInputOfWhoTakesNoneIsEmpty(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "cat; echo end")
	s.Hold = true
	start(t, c, s)
	var out bytes.Buffer
	if err := c.Attach(t.Context(), "p", app.Streams{Stdin: strings.NewReader("ignored"), Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "end\n" {
		t.Fatalf("got %q", out.String())
	}
}

func TestAProcessThatEndsWhileItsInputGoesOnEndsTheAttach(t *testing.T) {
	c := launch(t, t.TempDir())
	for i := range 20 {
		s := sh(fmt.Sprint("p", i), "head -c 100000 | wc -c; exit 3")
		s.Hold, s.Stdin = true, true
		start(t, c, s)
		var out bytes.Buffer
		endless := rand.NewChaCha8([32]byte{})
		if err := c.Attach(t.Context(), s.ID, app.Streams{Stdin: endless, Stdout: &out}); err != nil || strings.TrimSpace(out.String()) != "100000" {
			t.Fatalf("got %q, %v", out.String(), err)
		}
	}
}

func TestAnInputThatFailsEndsTheAttachAndTellsWhy(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "exec cat")
	s.Hold, s.Stdin, s.Ephemeral = true, true, true
	start(t, c, s)
	broken := errors.New("the line is cut")
	err := c.Attach(t.Context(), "p", app.Streams{Stdin: iotest.ErrReader(broken), Stdout: io.Discard})
	if !errors.Is(err, broken) {
		t.Fatalf("Attach returned %v", err)
	}
	if exit := wait(t, c, "p"); exit.Code != 143 {
		t.Fatalf("it ended with %+v", exit)
	}
}

// memoryOf is the resident memory of a process in bytes, 0 where /proc is missing.
func memoryOf(t *testing.T, pid int) int64 {
	t.Helper()
	var size, resident int64
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(data), &size, &resident); err != nil {
		t.Error(err)
	}
	return resident * int64(os.Getpagesize())
}
