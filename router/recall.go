package router

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// recallTimeout is how long draining backends may take together to begin an answer, while
// the one that has been given waits.
const recallTimeout = 2 * time.Second

// recallMost is how many of them are asked: of several releases in a row each may drain, and
// any of them may be the one whose page it was.
const recallMost = 8

// recall sends, in place of a 404, the answer of a backend that drains: a page loaded
// before the switch links what only those that served then may have. It asks one after the
// other and reports whether it sent anything; when none knows better, the answer at hand
// goes out. That waits meanwhile in its own connection.
func (x *exchange) recall(h *head) bool {
	if h.status != http.StatusNotFound || len(x.route.draining) == 0 || !x.recallable() {
		return false
	}
	by := time.Now().Add(recallTimeout)
	for _, i := range rand.Perm(len(x.route.draining))[:min(recallMost, len(x.route.draining))] {
		if time.Now().Before(by) && x.recallOf(x.route.draining[i], by) {
			return true
		}
	}
	return false
}

// recallOf asks one draining backend.
func (x *exchange) recallOf(b *backend, by time.Time) bool {
	if !x.enterDraining(b) {
		return false
	}
	defer b.leave()
	c, err := dial(x.req.Context(), b.address, x.router.limits.Connect)
	if err != nil {
		return false // it has gone already
	}
	defer c.Close()
	defer context.AfterFunc(x.req.Context(), c.Close)()
	if !x.better(c, by) {
		return false
	}
	x.asked = b
	x.respond(c)
	return true
}

// recallable reports whether another backend may be asked. A page that is not there any
// more must not be shown: of documents only what serves now decides.
func (x *exchange) recallable() bool {
	if !x.safe() || x.req.Method == http.MethodOptions {
		return false
	}
	switch x.req.Header.Get("Sec-Fetch-Dest") {
	case "":
		return !strings.Contains(strings.ToLower(strings.Join(x.req.Header["Accept"], ",")), "text/html")
	case "document", "iframe", "frame", "embed", "object":
		return false
	}
	return true
}

// enterDraining counts the request in at a backend that drains; false when it has left the
// table. As in enter, that is looked at afterwards: who waits for the end of what is in
// flight must not miss it.
func (x *exchange) enterDraining(b *backend) bool {
	b.enter()
	now := x.router.table.Load().find(x.name.host)
	if b == x.backend || now == nil || !slices.Contains(now.draining, b) {
		b.leave()
		return false
	}
	return true
}

// better asks over the connection, and reports whether what comes can take the place of a
// 404.
func (x *exchange) better(c *conn, by time.Time) bool {
	c.begin(x, by.Sub(x.start))
	if _, err := c.Write(x.request); err != nil {
		return false
	}
	return x.awaitAnswer(c) == nil && c.head.status < http.StatusBadRequest
}
