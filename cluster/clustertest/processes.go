package clustertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/app"
)

func testProcesses(t *testing.T, subject Subject) {
	for command, code := range map[string]int{
		"true": 0, "exit 3": 3, "kill -9 $$": 137, "kill -TERM $$": 143, "no-such-program": 127,
	} {
		t.Run("its exit is told, of "+command, func(t *testing.T) {
			b := newBench(t, subject)
			p := b.process(command)
			b.ok(b.Start(context.Background(), p))
			exit, err := b.Wait(context.Background(), p.ID)
			b.ok(err)
			if exit.Code != code || exit.Message == "" && code != 0 || exit.Ended.IsZero() {
				t.Errorf("it ended with %+v, want the code %d", exit, code)
			}
		})
	}
	t.Run("starting the same ID again changes nothing", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.keeping("echo run >> $DATA_DIR/runs; wc -l < $DATA_DIR/runs")
		b.ok(b.Start(context.Background(), p))
		b.ok(b.Start(context.Background(), p))
		_, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		b.ok(b.Start(context.Background(), p))
		b.runs(p, "1")
	})
	t.Run("what nobody started is not found", func(t *testing.T) {
		b := newBench(t, subject)
		_, err := b.Wait(context.Background(), "nothing")
		b.refused(err, app.CodeNotFound)
		b.refused(b.Attach(context.Background(), "nothing", app.Streams{}), app.CodeNotFound)
		b.ok(b.Stop(context.Background(), "nothing"))
		b.ok(b.Forget(context.Background(), "nothing"))
	})
	t.Run("its end is waited for after a restart of Gondor", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.keeping("while [ ! -e $DATA_DIR/end ]; do sleep 0.02; done; exit 5")
		b.ok(b.Start(context.Background(), p))
		b.restart()
		end := p
		end.ID, end.Program.Command = p.ID+"-end", "touch $DATA_DIR/end"
		b.ok(b.Start(context.Background(), end))
		exit, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		if exit.Code != 5 {
			t.Errorf("it ended with %+v", exit)
		}
		b.restart()
		if again, err := b.Wait(context.Background(), p.ID); err != nil || again.Code != 5 {
			t.Errorf("after another restart its end is %+v, %v", again, err)
		}
	})
	t.Run("stopping ends it, once or twice", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("sleep 1000")
		b.ok(b.Start(context.Background(), p))
		b.ok(b.Stop(context.Background(), p.ID))
		exit, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		if exit.Code != 143 {
			t.Errorf("it ended with %+v, want SIGTERM", exit)
		}
		b.ok(b.Stop(context.Background(), p.ID))
	})
	t.Run("it is stopped after its timeout", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("sleep 1000")
		p.Timeout = 100 * time.Millisecond
		b.ok(b.Start(context.Background(), p))
		exit, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		if exit.Code == 0 || exit.Message == "" {
			t.Errorf("it ended with %+v", exit)
		}
	})
	t.Run("what is forgotten is not found", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("true")
		b.ok(b.Start(context.Background(), p))
		_, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		b.ok(b.Forget(context.Background(), p.ID))
		b.eventually("it is not found", func() bool {
			_, err := b.Wait(context.Background(), p.ID)
			return app.IsNotFound(err)
		})
	})
	t.Run("it is listed until it is forgotten", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("true")
		listed := func() bool {
			ids, err := b.Kept(context.Background())
			b.ok(err)
			return slices.Contains(ids, p.ID)
		}
		b.ok(b.Start(context.Background(), p))
		b.eventually("it is listed", listed)
		_, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
		b.restart()
		b.eventually("it is listed after a restart", listed)
		b.ok(b.Forget(context.Background(), p.ID))
		b.eventually("it is listed no more", func() bool { return !listed() })
	})
	t.Run("what is forgotten can be started anew at once", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("exit 4")
		for range 2 {
			b.ok(b.Start(context.Background(), p))
			if exit, err := b.Wait(context.Background(), p.ID); err != nil || exit.Code != 4 {
				t.Errorf("it ended with %+v, %v", exit, err)
			}
			b.ok(b.Forget(context.Background(), p.ID))
		}
	})
	t.Run("a standard input that nobody asked for is empty", func(t *testing.T) {
		b := newBench(t, subject)
		b.runs(b.process("cat; echo end"), "end")
	})
}

func testAttach(t *testing.T, subject Subject) {
	t.Run("its streams are copied byte for byte", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("cat; echo problem >&2")
		p.Stdin, p.Hold, p.LogName = true, true, ""
		b.ok(b.Start(context.Background(), p))
		in := make([]byte, 1<<20)
		_, err := rand.Read(in)
		b.ok(err)
		var out, problems bytes.Buffer
		b.ok(b.Attach(context.Background(), p.ID, app.Streams{Stdin: bytes.NewReader(in), Stdout: &out, Stderr: &problems}))
		if !bytes.Equal(out.Bytes(), in) || problems.String() != "problem\n" {
			t.Errorf("%d bytes came back of %d, and %q", out.Len(), len(in), problems.String())
		}
	})
	t.Run("one that is held starts when somebody attaches", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("echo begun")
		p.Hold = true
		b.ok(b.Start(context.Background(), p))
		if lines := b.lines(p.LogName); len(lines) > 0 {
			t.Errorf("it began with %q", lines)
		}
		var out bytes.Buffer
		b.ok(b.Attach(context.Background(), p.ID, app.Streams{Stdout: &out}))
		if out.String() != "begun\n" {
			t.Errorf("it wrote %q", out.String())
		}
	})
	t.Run("one may be attached at a time", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("cat")
		p.Stdin, p.Hold = true, true
		b.ok(b.Start(context.Background(), p))
		a := b.attach(p.ID, app.Streams{})
		_, err := io.WriteString(a.in, "hello\n")
		b.ok(err)
		b.eventually("it echoes", func() bool { return a.text() == "hello\n" })
		b.refused(b.Attach(context.Background(), p.ID, app.Streams{}), app.CodeConflict)
		b.ok(a.in.Close())
		b.ok(a.wait())
	})
	t.Run("it outlives who was attached", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("cat")
		p.Stdin, p.Hold = true, true
		b.ok(b.Start(context.Background(), p))
		a := b.attach(p.ID, app.Streams{})
		_, err := io.WriteString(a.in, "one\n")
		b.ok(err)
		b.eventually("it echoes", func() bool { return a.text() == "one\n" })
		a.leave()
		b.restart()
		again := b.attach(p.ID, app.Streams{})
		_, err = io.WriteString(again.in, "two\n")
		b.ok(err)
		b.eventually("it echoes again", func() bool { return again.text() == "two\n" })
		b.ok(again.in.Close())
		b.ok(again.wait())
		if exit, err := b.Wait(context.Background(), p.ID); err != nil || exit.Code != 0 {
			t.Errorf("it ended with %+v, %v", exit, err)
		}
	})
	t.Run("an ephemeral one ends when who was attached leaves", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("echo begun; sleep 1000")
		p.Hold, p.Ephemeral = true, true
		b.ok(b.Start(context.Background(), p))
		a := b.attach(p.ID, app.Streams{})
		b.eventually("it has begun", func() bool { return a.text() == "begun\n" })
		a.leave()
		_, err := b.Wait(context.Background(), p.ID)
		b.ok(err)
	})
	t.Run("a terminal has a size that changes", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.process("trap 'stty size' WINCH; test -t 0 && test -t 1 && stty size; while true; do sleep 0.02; done")
		p.TTY, p.Stdin, p.Hold, p.Ephemeral, p.Window = true, true, true, true, app.Window{Width: 100, Height: 30}
		b.ok(b.Start(context.Background(), p))
		sizes := make(chan app.Window, 1)
		a := b.attach(p.ID, app.Streams{TTY: true, Window: p.Window, Resizes: sizes})
		b.eventually("it has its first size", func() bool { return strings.Contains(a.text(), "30 100") })
		sizes <- app.Window{Width: 120, Height: 50}
		b.eventually("it has its new size", func() bool { return strings.Contains(a.text(), "50 120") })
		a.leave()
	})
}

// attached is somebody who is attached to a process.
type attached struct {
	in    *io.PipeWriter
	leave func()
	done  chan error

	mu  sync.Mutex
	out bytes.Buffer
}

// attach attaches to a process in the background.
func (b *bench) attach(id app.ProcessID, s app.Streams) *attached {
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	a := &attached{in: w, done: make(chan error, 1)}
	s.Stdin, s.Stdout = r, a
	engine := b.Engine
	go func() { a.done <- engine.Attach(ctx, id, s) }()
	a.leave = func() {
		cancel()
		if err := a.wait(); !errors.Is(err, context.Canceled) {
			b.Errorf("who left gets %v", err)
		}
	}
	b.Cleanup(func() {
		cancel()
		_ = w.Close() // ends a Read that is still outstanding
	})
	return a
}

func (a *attached) wait() error { return <-a.done }

// Write implements io.Writer.
func (a *attached) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.out.Write(p)
}

func (a *attached) text() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.out.String()
}
