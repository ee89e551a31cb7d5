package ui

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"gondor/app"
)

// maxForm bounds what a form may send: a variable's value and something to spare.
const maxForm = 1 << 20

// call is one request, with who makes it.
type call struct {
	*http.Request
	w   http.ResponseWriter
	who app.Actor
}

// action answers one call; what it returns is written as a page by one place, fail.
type action func(*call) error

// public serves an action to everybody, who is known where they are signed in.
func (d *dashboard) public(do action) http.Handler {
	return d.answer(func(c *call) error {
		if err := d.identify(c); err != nil && app.CodeOf(err) != app.CodeUnauthenticated {
			return err
		}
		return do(c)
	})
}

// private serves an action to who is signed in; others are sent to the sign-in.
func (d *dashboard) private(do action) http.Handler {
	return d.answer(func(c *call) error {
		if err := d.identify(c); err != nil {
			return err
		}
		return do(c)
	})
}

// answer serves an action. One that panics ends like one that fails, and no other does.
func (d *dashboard) answer(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := d.begin(w, r)
		defer func() {
			if fault := recover(); fault != nil {
				d.fail(c, fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
			}
		}()
		if err := do(c); err != nil {
			d.fail(c, err)
		}
	})
}

// begin bounds the request. Nothing that the dashboard tells may be kept by a cache: the
// next who sits at the browser may be somebody else.
func (d *dashboard) begin(w http.ResponseWriter, r *http.Request) *call {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return &call{Request: r, w: w}
}

// identify finds out who calls.
func (d *dashboard) identify(c *call) error {
	who, err := d.app.Identify(c.Context(), d.cookies.secret(c.Request), app.TokenSession)
	c.who = who
	return err
}

// section names the part of the page that is asked for, "" for the whole page.
func (c *call) section() string { return c.URL.Query().Get("section") }

// redirect sends the browser to a page after a form has done its work.
func (c *call) redirect(to string) error {
	http.Redirect(c.w, c.Request, to, http.StatusSeeOther)
	return nil
}
