package router

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"
)

// exchange is one request to a route and its answer.
type exchange struct {
	router *Router
	w      http.ResponseWriter
	req    *http.Request
	name   name
	start  time.Time
	origin origin

	route   *route
	backend *backend   // the one that the request is at
	asked   *backend   // the last one that it was at
	tried   []*backend // those that it can't be sent to again

	upgrade string  // the protocol to switch to
	expects bool    // the client waits for 100 (Continue)
	request []byte  // the head as backends get it, and a small body
	small   bool    // the body is in there
	upload  *upload // the body on its way, when it is not

	status  int   // what was answered
	sent    int64 // bytes of the answer's body
	pending bool  // something is written to the client and not flushed
}

// verdict is how an attempt ended.
type verdict int

const (
	answered  verdict = iota
	again             // nothing has happened that forbids another attempt
	broken            // the backend failed
	overdue           // the backend did not answer in time
	gone              // the client went away
	malformed         // the client's body is malformed
)

// statusGone is logged, never sent, for a client that went away before an answer.
const statusGone = 499

// serve finds a backend and sends the request there, to others when it may.
func (x *exchange) serve() {
	if !x.enter() {
		x.turnAway()
		return
	}
	defer x.leave()
	if !x.prepare() {
		x.fail(malformed)
		return
	}
	defer putBuffer(x.request)
	for {
		switch v := x.attempt(); v {
		case answered:
			return
		case again:
			if !x.next() {
				x.fail(broken)
				return
			}
		default:
			x.fail(v)
			return
		}
	}
}

// enter picks a backend and counts the request in. The table is looked at again
// afterwards: who drains a backend that has left the table must not miss it.
func (x *exchange) enter() bool {
	for {
		t := x.router.table.Load()
		x.route = t.find(x.name.host)
		if x.route == nil {
			return false
		}
		b := x.route.pick(x.tried, x.start)
		if b == nil {
			return false
		}
		b.enter()
		if x.router.table.Load() == t {
			x.backend, x.asked = b, b
			return true
		}
		b.leave()
	}
}

func (x *exchange) leave() {
	if x.backend != nil {
		x.backend.leave()
	}
}

// next moves on to a backend that has not been tried.
func (x *exchange) next() bool {
	x.leave()
	x.backend = nil
	return x.enter()
}

// prepare makes the head, and reads a small body to send both at once.
func (x *exchange) prepare() bool {
	x.origin = x.router.origin(x.req, x.name.port)
	x.expects = x.req.ContentLength != 0 && x.req.ProtoAtLeast(1, 1) && x.req.Header.Get("Expect") != ""
	if x.req.ContentLength == 0 {
		x.upgrade = upgradeOf(x.req)
	} else {
		_ = http.NewResponseController(x.w).EnableFullDuplex()
	}
	x.request = x.appendHead(takeBuffer())
	return x.takeSmallBody()
}

// safe reports whether the request may be sent twice: a proxy must not repeat what is
// not idempotent (RFC 9110 section 9.2.2), and this one repeats only what is safe.
func (x *exchange) safe() bool {
	switch x.req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return x.req.ContentLength == 0 && x.upgrade == ""
	}
	return false
}

// attempt sends the request to the present backend: over a kept connection first. One
// that turns out to be closed says nothing about the backend, so that a new one follows.
func (x *exchange) attempt() verdict {
	if c := x.backend.pool.take(x.start, !x.safe()); c != nil {
		if v := x.converse(c); v != again {
			return v
		}
	}
	c, err := dial(x.req.Context(), x.backend.address, x.router.limits.Connect)
	if err != nil {
		return x.unreachable(err)
	}
	x.backend.taken()
	v := x.converse(c)
	if v == again {
		x.tried = append(x.tried, x.backend)
	}
	return v
}

func (x *exchange) unreachable(err error) verdict {
	if x.req.Context().Err() != nil {
		return gone
	}
	x.tried = append(x.tried, x.backend)
	if x.backend.refused(time.Now()) {
		x.warn("a backend takes no connection and leaves the rotation", err)
	}
	return again
}

// converse sends the request over the connection and the answer to the client. Then it
// keeps the connection, or closes it.
func (x *exchange) converse(c *conn) (v verdict) {
	detach := context.AfterFunc(x.req.Context(), c.Close)
	keep := false
	defer func() {
		c.client = nil
		if detach() && keep {
			x.backend.pool.put(c, time.Now())
			return
		}
		c.Close()
	}()
	c.begin(x, x.router.limits.Answer)
	n, err := c.Write(x.request)
	if err != nil {
		return x.unsent(n, err)
	}
	x.startUpload(c)
	if err := x.awaitAnswer(c); err != nil {
		return x.unanswered(c, err)
	}
	if c.head.status == http.StatusSwitchingProtocols {
		x.tunnel(c)
		return answered
	}
	keep = x.respond(c)
	return answered
}

// unsent judges a request that could not be written: another attempt may follow when
// nothing of it left, or it is safe.
func (x *exchange) unsent(n int, err error) verdict {
	if x.req.Context().Err() != nil {
		return gone
	}
	if n == 0 || x.safe() {
		return again
	}
	x.warn("a backend closed the connection on a request", err)
	return broken
}

// unanswered judges a request that was sent and got no answer.
func (x *exchange) unanswered(c *conn, err error) verdict {
	switch {
	case x.upload.malformed():
		return malformed
	case x.req.Context().Err() != nil:
		return gone
	case errors.Is(err, os.ErrDeadlineExceeded):
		x.warn("a backend did not answer in time", err)
		return overdue
	case !c.heard && x.safe():
		return again
	}
	x.warn("a backend failed to answer", err)
	return broken
}

func (x *exchange) warn(message string, err error) {
	x.router.logger.Warn(message, "host", x.route.Host, "backend", x.backend.address, "error", err)
}
