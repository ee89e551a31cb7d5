package runner

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gondor/app"
)

// Absence is how long a terminal whose connection was lost waits for its client.
const Absence = time.Minute

// keptOutput is how much of a terminal's last output is kept for a client that comes back,
// in bytes: more than is on its way to one.
const keptOutput = 1 << 20

// terminal is a session that outlives its connection: of a client that asks for it and speaks
// the dialect channels. What the process writes while nobody is there waits, as it does for a
// client that does not read.
//
//	here ──connection lost──▶ away ──resumed──▶ here
//	 │                          └──a minute──▶ over
//	 └──process ended──▶ over, when a client has heard of it
type terminal struct {
	log     *slog.Logger
	secret  string
	absence time.Duration
	feed    *io.PipeWriter
	resizes chan app.Window
	alive   context.Context    // ends when the server stops
	leave   context.CancelFunc // ends the session
	over    chan struct{}      // closed when there is nothing to be heard any more

	client  atomic.Pointer[connection] // nil while nobody is there; stored under mu
	mu      sync.Mutex                 // held while output is written
	changed *sync.Cond
	away    *time.Timer // runs while nobody is there
	left    bool        // the client did not come back
	kept    []byte      // the end of the output
	written int64       // all of the output
	ending  [][]byte    // how the session ended; nil before
	once    sync.Once
}

// newTerminal begins the session.
func newTerminal(alive context.Context, log *slog.Logger, s app.Session, o options, absence time.Duration) *terminal {
	ctx, leave := context.WithCancel(alive)
	stdin, feed := io.Pipe()
	t := &terminal{
		log: log, secret: rand.Text(), absence: absence, feed: feed, resizes: make(chan app.Window, 1),
		alive: alive, leave: leave, over: make(chan struct{}),
	}
	t.changed = sync.NewCond(&t.mu)
	context.AfterFunc(ctx, t.wake)
	go func() {
		streams := app.Streams{Stdin: stdin, Stdout: terminalOutput{t, ctx}, TTY: true, Window: o.window(), Resizes: t.resizes}
		exit, err := s.Join(ctx, streams)
		stdin.CloseWithError(errOver)
		t.end(ctx, exit, err)
	}()
	return t
}

func (t *terminal) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed.Broadcast()
}

// knows reports whether that is the secret of the terminal.
func (t *terminal) knows(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(t.secret), []byte(secret)) == 1
}

// introduce tells a client the secret by which it can come back.
func (t *terminal) introduce(c *connection) error {
	data, err := json.Marshal(map[string]string{"secret": t.secret})
	if err != nil {
		return err
	}
	return c.say(append([]byte{channelResume}, data...))
}

// enter makes a client the one that is there, in place of who was, and shows it what it has
// not received. A client that is told more than is kept gets what is.
func (t *terminal) enter(c *connection, received int64, size app.Window) {
	if before := t.client.Load(); before != nil {
		before.end() // and with it a write that waits
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.away != nil {
		t.away.Stop()
	}
	missing := t.kept[len(t.kept)-int(min(max(t.written-received, 0), int64(len(t.kept)))):]
	if len(missing) > 0 {
		if _, err := (channel{c, channelStdout}).Write(missing); err != nil {
			c.end() // its reader tells
		}
	}
	if t.ending == nil {
		replace(t.resizes, size)
	}
	t.client.Store(c)
	t.changed.Broadcast()
	t.tell()
}

// carry takes a client's messages until it has gone or the session is over.
func (t *terminal) carry(c *connection) {
	defer context.AfterFunc(t.alive, func() { time.AfterFunc(lastWords, c.end) })()
	gone := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() {
		defer close(gone)
		receive(c, t.feed, t.resizes)
	})
	alive, stop := context.WithCancel(context.Background())
	helpers.Go(func() {
		if c.keepAlive(alive) != nil {
			c.end()
			t.lose(c) // its reader may be waiting for the process to read
		}
	})
	select {
	case <-gone:
	case <-t.over:
		timer := time.AfterFunc(farewell, c.end)
		<-gone // it reads to the end and closes
		timer.Stop()
	}
	stop()
	c.end()
	helpers.Wait()
	t.lose(c)
}

// lose notes that a client has gone. Unless another has come, it has a while to come back.
func (t *terminal) lose(c *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(c)
}

// forget is lose with the lock held.
func (t *terminal) forget(c *connection) {
	if t.client.CompareAndSwap(c, nil) {
		t.away = time.AfterFunc(t.absence, t.giveUp)
	}
}

// giveUp ends the session of a client that did not come back.
func (t *terminal) giveUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client.Load() != nil {
		return // it has, this moment
	}
	t.left = true
	t.leave()
	if t.ending != nil {
		t.once.Do(func() { close(t.over) })
	}
}

// end notes how the session ended, and tells who is there.
func (t *terminal) end(ctx context.Context, exit app.Exit, err error) {
	failure := ""
	if err != nil {
		failure = failureOf(err)
	}
	if err != nil && app.CodeOf(err) == app.CodeInternal && ctx.Err() == nil {
		t.log.Error("a joined terminal failed", "error", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending = channelsEnding(exit, failure)
	t.tell()
	if t.left || t.alive.Err() != nil {
		t.once.Do(func() { close(t.over) })
	}
}

// tell says how the session ended, if it has, to who is there. The lock is held.
func (t *terminal) tell() {
	c := t.client.Load()
	if t.ending == nil || c == nil || c.finish(t.ending) != nil {
		return // nobody is there, and whoever went may come back
	}
	t.once.Do(func() { close(t.over) })
}

// terminalOutput is what the process writes to.
type terminalOutput struct {
	*terminal
	ctx context.Context
}

// Write implements io.Writer: it returns when the system has taken everything for a client.
func (w terminalOutput) Write(p []byte) (int, error) {
	t := w.terminal
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(p)
	for w.ctx.Err() == nil {
		c := t.client.Load()
		if c == nil {
			t.changed.Wait()
			if t.client.Load() != nil {
				return len(p), nil // whoever came was shown it
			}
			continue
		}
		if _, err := (channel{c, channelStdout}).Write(p); err == nil {
			return len(p), nil
		}
		t.forget(c)
	}
	return 0, w.ctx.Err()
}

// keep adds to the output that is kept. The lock is held.
func (t *terminal) keep(p []byte) {
	t.written += int64(len(p))
	t.kept = append(t.kept, p...)
	if len(t.kept) > 2*keptOutput { // now and then, so that each byte is moved seldom
		t.kept = append([]byte(nil), t.kept[len(t.kept)-keptOutput:]...)
	}
}
