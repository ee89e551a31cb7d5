package router

import (
	"net/http"
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
	again             // the connection failed, and nothing forbids another attempt
	elsewhere         // the backend failed, and nothing forbids an attempt at another
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
		case elsewhere:
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
