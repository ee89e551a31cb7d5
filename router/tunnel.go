package router

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// tunnel is a client's connection joined to a backend's after a 101: a WebSocket, or any
// other protocol.
type tunnel struct {
	front     *front
	client    net.Conn
	backend   *conn
	websocket bool

	mu     sync.Mutex // held while something is written to the client
	frames frames     // where the stream to the client stands
	why    string     // it was told to go away; empty while it was not

	patience *time.Timer // runs when one direction has ended
}

// How long one direction may live when the other has ended. A WebSocket has said its
// farewell before in frames (RFC 6455 section 7.1.1), so that little can still come.
const (
	halfOpen      = 30 * time.Second
	halfWebSocket = time.Second
)

// checkSwitch makes sure that the backend switches to what the client asked for.
func (x *exchange) checkSwitch(h *head) error {
	if x.upgrade == "" || !listed(x.upgrade, protocolName(h.upgrade)) {
		return fmt.Errorf("%w: it switches to a protocol that nobody asked for", errHead)
	}
	return nil
}

func protocolName(upgrade string) string {
	first, _, _ := strings.Cut(upgrade, ",")
	return strings.TrimSpace(first)
}

// tunnel takes the client's connection over and returns when both directions have
// ended.
func (x *exchange) tunnel(c *conn) {
	f := frontOf(x.req)
	f.tunnels.Add(1)
	defer f.tunnels.Done()
	c.answerBy = time.Time{}
	c.endure(true)
	client, buffered, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		x.warn("a client's connection could not be taken over", err)
		x.abort(c)
	}
	defer client.Close()
	c.client = nil
	x.status = http.StatusSwitchingProtocols
	t := &tunnel{front: f, client: client, backend: c, websocket: strings.EqualFold(c.head.upgrade, "websocket")}
	x.backend.addTunnel(t)
	defer x.backend.removeTunnel(t)
	if _, err := client.Write(c.head.appendSwitch(nil)); err != nil {
		return
	}
	if f.closing.Load() {
		t.goAway(leaving)
	}
	x.sent = t.join(buffered.Reader, x.served)
	x.logTunnel(t)
}

// appendSwitch appends the head of a 101 as the client gets it.
func (h *head) appendSwitch(text []byte) []byte {
	text = append(text, "HTTP/1.1 101 Switching Protocols\r\n"...)
	for _, f := range h.fields {
		if !hopByHop(h, f.name) && f.name != "Content-Length" {
			text = appendField(text, f.name, f.value)
		}
	}
	text = appendField(text, "Upgrade", h.upgrade)
	return append(text, "Connection: Upgrade\r\n\r\n"...)
}

// join copies both ways and returns how many bytes went to the client. A WebSocket whose
// backend ends without a farewell, when it is no longer served, gets the router's.
func (t *tunnel) join(fromClient *bufio.Reader, served func() bool) (sent int64) {
	up := make(chan struct{})
	go func() {
		defer close(up)
		err := pump(fromClient, func(p []byte) error { _, err := t.backend.Write(p); return err })
		t.ended(err, t.backend.tcp)
	}()
	err := pump(t.backend.in, func(p []byte) error { sent += int64(len(p)); return t.writeDown(p) })
	if t.websocket && !t.hasClosed() && !served() {
		t.goAway(ended)
	} else {
		t.ended(err, t.client)
	}
	<-up
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.patience != nil {
		t.patience.Stop()
	}
	return sent
}

// pump writes what comes, out of the reader's own buffer, until the end of the stream. What
// fills that is part of more, for which a larger one is borrowed: many tunnels are idle.
func pump(from *bufio.Reader, write func([]byte) error) error {
	for {
		if _, err := from.Peek(1); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		come, _ := from.Peek(from.Buffered()) // can't fail: it is there
		if err := write(come); err != nil {
			return err
		}
		_, _ = from.Discard(len(come))
		if len(come) < from.Size() {
			continue
		}
		if err := pumpMuch(from, write); err != nil && err != io.EOF {
			return err
		}
	}
}

// pumpMuch writes what comes as long as it is much. The end of the stream is io.EOF.
func pumpMuch(from *bufio.Reader, write func([]byte) error) error {
	buf := takeBuffer()
	defer putBuffer(buf)
	for {
		n, err := from.Read(buf[:cap(buf)])
		if n > 0 {
			if err := write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil || n < from.Size() {
			return err
		}
	}
}

// ended passes the end of one direction on to where it led, and limits how long the
// other may live; after an error neither has a future.
func (t *tunnel) ended(err error, to any) {
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		t.close()
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.websocket {
		t.limit(halfWebSocket)
	} else {
		t.limit(halfOpen)
	}
}

// limit has the tunnel closed after a time, unless it has a limit. The caller holds the lock.
func (t *tunnel) limit(patience time.Duration) {
	if t.patience == nil {
		t.patience = time.AfterFunc(patience, t.close)
	}
}

// hasClosed reports whether the client has been told that the WebSocket closes.
func (t *tunnel) hasClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.why != "" || t.frames.closed
}

func (t *tunnel) close() {
	t.backend.Close()
	_ = t.client.Close()
}

func (t *tunnel) writeDown(p []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.why != "" {
		return nil // nothing may follow a close frame
	}
	if t.websocket {
		t.frames.pass(p)
	}
	_, err := t.client.Write(p)
	return err
}
