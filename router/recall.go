package router

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// recallTimeout is how long other backends may take together to begin an answer, while the
// one that has been given waits.
const recallTimeout = 2 * time.Second

// recallMost is how many of them are asked: of several releases in a row each may drain, and
// any of them may be the one whose page it was.
const recallMost = 8

// recall sends, in place of a 404, the answer of a backend of another release: a page loaded
// before the switch links what only those that served then may have, and one that another
// router has sent after the switch what only those that serve now do. It asks one after the
// other and reports whether it sent anything; when none knows better, the answer at hand
// goes out. That waits meanwhile in its own connection.
func (x *exchange) recall(h *head) bool {
	if h.status != http.StatusNotFound || !x.recallable() {
		return false
	}
	by := time.Now().Add(recallTimeout)
	for _, b := range x.others() {
		if time.Now().Before(by) && x.recallOf(b, by) {
			return true
		}
	}
	return false
}

// others are the backends to ask in place of the one that was: those that have come while
// it answered, and those of other releases.
func (x *exchange) others() []*backend {
	now := x.router.table.Load().find(x.name.host)
	if now == nil || now == x.route && len(now.others) == 0 {
		return nil
	}
	come := slices.DeleteFunc(shuffled(now.backends), func(b *backend) bool { return slices.Contains(x.route.backends, b) })
	rest := slices.DeleteFunc(shuffled(now.others), func(b *backend) bool { return b == x.backend })
	all := slices.Concat(come, rest)
	return all[:min(recallMost, len(all))]
}

func shuffled(list []*backend) []*backend {
	list = slices.Clone(list)
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// recallOf asks one other backend.
func (x *exchange) recallOf(b *backend, by time.Time) bool {
	if !x.enterOther(b) {
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

// enterOther counts the request in at another backend; false when it has left the table. As
// in enter, that is looked at afterwards: who waits for the end of what is in flight must
// not miss it.
func (x *exchange) enterOther(b *backend) bool {
	b.enter()
	now := x.router.table.Load().find(x.name.host)
	if now == nil || !slices.Contains(now.others, b) && !slices.Contains(now.backends, b) {
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
