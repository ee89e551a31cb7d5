package drain

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// connection is one to a far end that never says anything.
type connection struct {
	conn     net.Conn
	tcp      *net.TCPConn // below conn, or the same
	patience time.Duration
	ended    chan struct{} // closed when the far end ended it
	failed   error         // how; nil: by closing it when it had read everything
}

func newConnection(conn net.Conn, tcp *net.TCPConn, patience time.Duration) *connection {
	c := &connection{conn: conn, tcp: tcp, patience: patience, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		_, c.failed = io.Copy(io.Discard, conn) // ends with the connection
	}()
	return c
}

// over reports whether the far end ended the connection, and whether it had read everything
// then: a system resets a connection that is closed with something unread in it.
func (c *connection) over() (over, clean bool) {
	select {
	case <-c.ended:
		return true, c.failed == nil
	default:
		return false, false
	}
}

// chunk is how much must be taken within the patience.
const chunk = 16 << 10

// write hands everything to the system. It fails when nothing is taken for the patience.
func (c *connection) write(ctx context.Context, data []byte) error {
	defer context.AfterFunc(ctx, func() { _ = c.tcp.Close() })() // nobody waits for it any more
	for len(data) > 0 {
		if err := c.conn.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
			return err
		}
		n, err := c.conn.Write(data[:min(len(data), chunk)])
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// The pauses between looks at what is not acknowledged: the first, and the longest.
const (
	firstLook = 200 * time.Microsecond
	lastLook  = 50 * time.Millisecond
)

// settle returns when the machine of the far end has acknowledged everything.
func (c *connection) settle(ctx context.Context) error {
	least, since := -1, time.Now()
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		left, err := unacknowledged(c.tcp)
		if err != nil || left == 0 {
			return err
		}
		if least < 0 || left < least {
			least, since = left, time.Now()
		}
		if time.Since(since) > c.patience {
			return &failure{text: fmt.Sprintf("%s takes nothing more for %v", c.tcp.RemoteAddr(), c.patience)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return &failure{text: c.tcp.RemoteAddr().String() + " closed the connection"}
		case <-time.After(pause):
		}
	}
}

// close ends the connection, and waits until nobody reads from it.
func (c *connection) close() {
	defer time.AfterFunc(time.Second, func() { _ = c.tcp.Close() }).Stop() // TLS wants to say that it closes
	_ = c.conn.Close()                                                     // what it had to do is done
	<-c.ended
}
