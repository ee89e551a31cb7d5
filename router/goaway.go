package router

import (
	"slices"
	"time"
)

// Why tunnels are ended, for the client and the log.
const (
	replaced = "what served this connection has been replaced, and its time to drain is over"
	ended    = "what served this connection has been replaced, and has ended"
	leaving  = "the router ends"
)

// goingAway is a close frame of status 1001 with a reason (RFC 6455 sections 5.5.1 and
// 7.4.1).
func goingAway(reason string) []byte {
	return append([]byte{0x88, byte(2 + len(reason)), 0x03, 0xe9}, reason...)
}

// closeWithin bounds the farewell to a client that does not read, or does not answer.
const closeWithin = time.Second

// goAway ends the tunnel. A WebSocket is told so when the stream is between two frames, and
// may then say its own farewell; any other connection is closed.
func (t *tunnel) goAway(reason string) {
	_ = t.client.SetWriteDeadline(time.Now().Add(closeWithin))
	if !t.sayGoingAway(reason) {
		t.close()
	}
}

// sayGoingAway sends the close frame and reports whether the client could be told.
func (t *tunnel) sayGoingAway(reason string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.why != "" {
		return true // it has been, or is closed
	}
	t.why = reason
	if !t.websocket || !t.frames.between() || t.frames.closed {
		return false
	}
	if _, err := t.client.Write(goingAway(reason)); err != nil {
		return false
	}
	t.limit(closeWithin)
	return true
}

// served reports whether requests of the exchange's host still go to its backend.
func (x *exchange) served() bool {
	now := x.router.table.Load().find(x.name.host)
	return now != nil && slices.Contains(now.backends, x.backend)
}

// logTunnel tells operators of a tunnel that was ended.
func (x *exchange) logTunnel(t *tunnel) {
	t.mu.Lock()
	why := t.why
	t.mu.Unlock()
	if why != "" {
		x.router.logger.Info("a connection was told to go away", "host", x.route.Host, "service", x.route.Service,
			"backend", x.backend.address, "websocket", t.websocket, "cause", why, "took", time.Since(x.start))
	}
}
