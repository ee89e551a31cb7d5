package router

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"
)

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
		return elsewhere
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
	return elsewhere
}

// forsake takes a backend whose machine says nothing any more out of the rotation with
// all that is kept to it, so that other requests need not find out one by one.
func (x *exchange) forsake(err error) {
	x.tried = append(x.tried, x.backend)
	x.backend.pool.expire(time.Now())
	if x.backend.refused(time.Now()) {
		x.warn("a backend has vanished and leaves the rotation", err)
	}
}

// converse sends the request over the connection and the answer to the client. Then it
// keeps the connection, or closes it.
func (x *exchange) converse(c *conn) (v verdict) {
	detach := context.AfterFunc(x.req.Context(), c.Close)
	keep := false
	defer func() {
		c.client = nil
		if detach() && keep {
			c.endure(false)
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
	if x.recall(&c.head) {
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
	if vanished(err) {
		x.forsake(err)
		if x.safe() {
			return elsewhere
		}
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
	case x.backend.overdue.Load():
		x.warn(cutOff, err)
		return broken
	case errors.Is(err, os.ErrDeadlineExceeded):
		x.warn("a backend did not answer in time", err)
		return overdue
	case vanished(err):
		x.forsake(err)
		if !c.heard && x.safe() {
			return elsewhere
		}
	case !c.heard && x.safe():
		return again
	}
	x.warn("a backend failed to answer", err)
	return broken
}

// cutOff is logged of a request whose backend was stopped under it.
const cutOff = "a request has outlived the time to drain of its replica and was cut off"

func (x *exchange) warn(message string, err error) {
	x.router.logger.Warn(message, "host", x.route.Host, "service", x.route.Service, "backend", x.backend.address,
		"took", time.Since(x.start), "error", err)
}
