package router

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// recallTimeout is how long a draining backend may take to begin its answer, while the
// one that has been given waits.
const recallTimeout = 2 * time.Second

// recall sends, in place of a 404, the answer of a backend that drains: a page loaded
// before the switch links what only those that served then may have. It asks one of them,
// once, and reports whether it sent anything; when that one knows no better, the answer at
// hand goes out. That waits meanwhile in its own connection.
func (x *exchange) recall(h *head) bool {
	if h.status != http.StatusNotFound || len(x.route.draining) == 0 || !x.recallable() {
		return false
	}
	b := x.enterDraining()
	if b == nil {
		return false
	}
	defer b.leave()
	c, err := dial(x.req.Context(), b.address, x.router.limits.Connect)
	if err != nil {
		return false // it has gone already
	}
	defer c.Close()
	defer context.AfterFunc(x.req.Context(), c.Close)()
	if !x.better(c) {
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

// enterDraining counts the request in at one of the backends that drain; nil when it has
// left the table. As in enter, that is looked at afterwards: who waits for the end of what
// is in flight must not miss it.
func (x *exchange) enterDraining() *backend {
	b := x.route.draining[rand.IntN(len(x.route.draining))]
	b.enter()
	now := x.router.table.Load().find(x.name.host)
	if b == x.backend || now == nil || !slices.Contains(now.draining, b) {
		b.leave()
		return nil
	}
	return b
}

// better asks over the connection, and reports whether what comes can take the place of a
// 404.
func (x *exchange) better(c *conn) bool {
	c.begin(x, time.Since(x.start)+recallTimeout)
	if _, err := c.Write(x.request); err != nil {
		return false
	}
	return x.awaitAnswer(c) == nil && c.head.status < http.StatusBadRequest
}
