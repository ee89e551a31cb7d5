package runner

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"gondor/app"
)

// farewell is how long a client may take to read what is left once a session has ended.
const farewell = 10 * time.Minute

// lastWords is how long a session may take to end, and to be told so, when the server
// stops.
const lastWords = 2 * time.Second

// attach carries one session over one connection to its end:
//
//	the client's messages ──receive──▶ stdin, resizes ──▶ Join ──▶ stdout, stderr ──▶ the client
//
// When the client has gone, the context of Join ends. When Join has returned, how it ended
// is told, and the rest of what the client still sends is read and dropped: closing
// earlier would make its system throw away output that it has not read.
func attach(ctx context.Context, log *slog.Logger, c *connection, s app.Session, o options) {
	defer c.end()
	joined, leave := context.WithCancel(ctx)
	defer leave()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, c.end) })()
	stdin, feed := io.Pipe()
	resizes := make(chan app.Window, 1)
	gone := func() {
		leave()
		c.end() // and with it a write that nobody reads
	}
	var helpers sync.WaitGroup
	helpers.Go(func() {
		defer gone()
		defer feed.CloseWithError(io.ErrUnexpectedEOF) // keeps an end that came before it
		defer close(resizes)
		receive(c, feed, resizes)
	})
	helpers.Go(func() {
		if c.keepAlive(joined) != nil {
			gone()
		}
	})
	exit, err := s.Join(joined, streamsOf(c, o, stdin, resizes))
	stdin.CloseWithError(errOver)
	tell(joined, log, c, exit, err)
	waitFor(joined, c)
	helpers.Wait()
}

func streamsOf(c *connection, o options, stdin io.Reader, resizes <-chan app.Window) app.Streams {
	s := app.Streams{
		Stdin: stdin, Stdout: channel{c, channelStdout}, Stderr: channel{c, channelStderr},
		TTY: o.TTY, Window: o.window(), Resizes: resizes,
	}
	if o.TTY {
		s.Stderr = nil
	}
	return s
}

// receive takes the client's messages until it has gone or breaks the rules.
func receive(c *connection, feed *io.PipeWriter, resizes chan app.Window) {
	for {
		message, err := c.next()
		if err != nil {
			return
		}
		f, err := c.decode(message)
		if err != nil {
			return
		}
		switch f.kind {
		case frameStdin:
			take(feed, f.data)
		case frameStdinEnd:
			feed.Close()
		case frameResize:
			replace(resizes, f.window)
		}
	}
}

// take hands input to the session, or drops it when the session wants no more.
func take(feed io.Writer, data io.Reader) {
	if _, err := io.Copy(feed, data); err != nil {
		_, _ = io.Copy(io.Discard, data) // a broken connection fails the next read too
	}
}

// replace leaves the newest size to be read.
func replace(resizes chan app.Window, w app.Window) {
	select {
	case <-resizes:
	default:
	}
	resizes <- w
}

// tell says how the session ended to a client that is still there.
func tell(joined context.Context, log *slog.Logger, c *connection, exit app.Exit, err error) {
	failure := ""
	if err != nil {
		failure = failureOf(err)
	}
	if err != nil && app.CodeOf(err) == app.CodeInternal && joined.Err() == nil {
		log.Error("a joined session failed", "error", err)
	}
	if err := c.finish(c.ending(exit, failure)); err != nil && joined.Err() == nil {
		log.Info("a client left before it heard how its session ended", "error", err)
	}
}

// failureOf is what the client may know of an error.
func failureOf(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "the server is stopping"
	case app.CodeOf(err) == app.CodeInternal:
		return "internal error"
	}
	return err.Error()
}

// waitFor lets the client read to the end and close; no longer than the farewell, and
// not when the server itself stops.
func waitFor(joined context.Context, c *connection) {
	timer := time.NewTimer(farewell)
	defer timer.Stop()
	select {
	case <-joined.Done():
	case <-timer.C:
	}
	c.end()
}
