package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"gondor/app"
)

// Client talks to the supervisor of one directory. It holds no connection between calls,
// so a supervisor that was started anew is found again. It is safe for concurrent use.
// Every method returns an error of CodeUnavailable when no supervisor answers.
type Client struct{ dir string }

// Dial returns a client of the supervisor of dir, or an error of CodeUnavailable when
// none answers there.
func Dial(ctx context.Context, dir string) (*Client, error) {
	c := &Client{dir: dir}
	if _, err := c.Version(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Version returns the version that the supervisor was started with.
func (c *Client) Version(ctx context.Context) (string, error) {
	p, err := c.ask(ctx, request{Op: opVersion})
	return p.Version, err
}

// Shutdown stops all processes gracefully and at the same time, then the supervisor
// itself; it returns when they have ended. A new supervisor of the directory knows them as
// processes that have exited.
func (c *Client) Shutdown(ctx context.Context) error {
	if _, err := c.ask(ctx, request{Op: opShutdown}); err != nil {
		return err
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for locked(c.dir) { // the lock goes with the process, and with it the last write
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the supervisor's end: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// conn is one request under way.
type conn struct {
	*net.UnixConn
	ctx  context.Context
	stop func() bool
}

// open sends a request. The connection is cut when ctx ends.
func (c *Client) open(ctx context.Context, q request) (*conn, error) {
	raw, err := dialSocket(ctx, c.dir)
	if err != nil {
		return nil, cause(ctx, app.Fault(app.CodeUnavailable, "no supervisor answers in %s: %v", c.dir, err))
	}
	k := &conn{UnixConn: raw, ctx: ctx}
	k.stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
	q.Protocol = protocol
	if err := writeMessage(k, q); err != nil {
		k.end()
		return nil, k.lost(err)
	}
	return k, nil
}

// end closes the connection.
func (k *conn) end() {
	k.stop()
	_ = k.Close()
}

// next reads the next reply.
func (k *conn) next() (reply, error) {
	p, err := readReply(k)
	return p, k.lost(err)
}

// lost makes sense of an error of the connection: ctx has ended, or the supervisor has.
func (k *conn) lost(err error) error {
	var known *app.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return cause(k.ctx, app.Fault(app.CodeUnavailable, "the supervisor went away: %v", err))
}

// cause is why ctx has ended, err when it has not.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// ask sends a request that has one reply.
func (c *Client) ask(ctx context.Context, q request) (reply, error) {
	k, err := c.open(ctx, q)
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", q.Op, err)
	}
	defer k.end()
	return k.next()
}
