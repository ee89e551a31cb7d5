package runner

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// chunk is the most data of one message to the client. Each message is one frame, as
// the first clients take every frame for a message.
const chunk = 32 << 10

// errOver says that the session's output came after its end.
var errOver = errors.New("the session is over")

// connection is the WebSocket of one attach. Writes may come from several goroutines;
// one goroutine reads. A write waits as long as the client does not read: that is how
// a process slows down with who watches it.
type connection struct {
	dialect
	socket *websocket.Conn
	pongs  chan string // what a ping of the client wants to hear, the newest

	message *bufio.Reader // what the client sends, for the goroutine that reads
	taken   atomic.Int64  // bytes of output that the system took

	mu     sync.Mutex
	buffer [1 + chunk]byte
	over   bool
}

func newConnection(socket *websocket.Conn, d dialect) *connection {
	c := &connection{dialect: d, socket: socket, pongs: make(chan string, 1), message: bufio.NewReaderSize(nil, 1+chunk)}
	socket.SetPongHandler(func(string) error { return c.extend() })
	socket.SetPingHandler(func(data string) error {
		select {
		case c.pongs <- data:
		default: // one answer is on its way already
		}
		return c.extend()
	})
	return c
}

// extend notes a sign of life.
func (c *connection) extend() error { return c.socket.SetReadDeadline(time.Now().Add(c.silence)) }

// next returns the client's next message, to be read before the one after it. Every part of
// it that comes is a sign of life.
func (c *connection) next() (*bufio.Reader, error) {
	if err := c.extend(); err != nil {
		return nil, err
	}
	_, r, err := c.socket.NextReader()
	c.message.Reset(living{r, c})
	return c.message, err
}

// living is a message whose reading extends the connection's time.
type living struct {
	io.Reader
	c *connection
}

func (l living) Read(p []byte) (int, error) {
	if err := l.c.extend(); err != nil {
		return 0, err
	}
	return l.Reader.Read(p)
}

// channel writes to one channel.
type channel struct {
	c      *connection
	number byte
}

// Write implements io.Writer: it returns when the system has taken everything. Without
// data it does nothing, as an empty message would end the channel.
func (w channel) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	written := 0
	for written < len(p) {
		if w.c.over {
			return written, errOver
		}
		w.c.buffer[0] = w.number
		n := copy(w.c.buffer[1:], p[written:])
		if err := w.c.socket.WriteMessage(websocket.BinaryMessage, w.c.buffer[:1+n]); err != nil {
			return written, err
		}
		w.c.taken.Add(int64(n))
		written += n
	}
	return written, nil
}

// say writes a message as it is.
func (c *connection) say(message []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket.WriteMessage(websocket.BinaryMessage, message)
}

// end closes the connection and so ends its reads and writes. It may be called again.
func (c *connection) end() { _ = c.socket.Close() }

// finish writes the last messages and says goodbye. Nothing is written after it.
func (c *connection) finish(messages [][]byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for _, m := range messages {
		if err := c.socket.WriteMessage(websocket.BinaryMessage, m); err != nil {
			return err
		}
	}
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	return c.socket.WriteControl(websocket.CloseMessage, goodbye, time.Time{})
}

// much is how many bytes that are taken between two pings tell that the client reads:
// a system takes no more than some megabytes for one that does not.
const much = 256 << 10

// keepAlive pings the client and answers its pings until ctx ends. It returns an error
// when the connection is broken. A ping that would wait behind output is left out. While
// output flows, that it is taken is a sign of life: a ping waits behind it on its way, and
// may be long in coming back.
func (c *connection) keepAlive(ctx context.Context) error {
	ticker := time.NewTicker(c.ping)
	defer ticker.Stop()
	for before := int64(0); ; {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			taken := c.taken.Load()
			err = c.beat(taken - before)
			before = taken
		case data := <-c.pongs:
			_, err = c.signal(websocket.PongMessage, data)
		}
		if err != nil {
			return err
		}
	}
}

// beat pings the client, which has taken so many bytes since the last time.
func (c *connection) beat(taken int64) error {
	went, err := c.signal(websocket.PingMessage, "")
	if err == nil && (taken > much || !went && taken > 0) {
		err = c.extend()
	}
	return err
}

// signal reports whether the message went out: it does not wait behind output.
func (c *connection) signal(kind int, data string) (went bool, err error) {
	if !c.mu.TryLock() {
		return false, nil
	}
	defer c.mu.Unlock()
	if c.over {
		return true, nil
	}
	return true, c.socket.WriteControl(kind, []byte(data), time.Time{})
}
