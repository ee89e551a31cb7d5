package ui

import (
	"context"
	"net/http"
	"net/url"

	"gondor/app"
)

// statuses maps the codes of the domain's errors to HTTP statuses (RFC 9110 section 15).
func statusOf(code app.Code) int {
	switch code {
	case app.CodeInvalid, app.CodeFailed:
		return http.StatusUnprocessableEntity
	case app.CodeUnauthenticated:
		return http.StatusUnauthorized
	case app.CodeForbidden:
		return http.StatusForbidden
	case app.CodeNotFound:
		return http.StatusNotFound
	case app.CodeConflict:
		return http.StatusConflict
	case app.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case app.CodeTooMany:
		return http.StatusTooManyRequests
	case app.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// failureView is the page of an error.
type failureView struct {
	Status  int
	Heading string
	Message string
	Back    string
}

// fail is the one place that writes errors.
func (d *dashboard) fail(c *call, err error) {
	code := app.CodeOf(err)
	switch {
	case c.Context().Err() != nil:
		return // nobody is there to read it
	case code == app.CodeUnauthenticated && !c.isPart():
		c.toSignIn()
		return
	case code == app.CodeInternal:
		d.log.ErrorContext(context.WithoutCancel(c.Context()), "serve the dashboard", "method", c.Method, "path", c.URL.Path, "error", err)
	}
	view := failureView{Status: statusOf(code), Back: "/"}
	view.Heading, view.Message = explain(code, err)
	if c.isPart() {
		http.Error(c.w, view.Message, view.Status)
		return
	}
	if err := d.showAs(c, view.Status, "failure", page{Title: view.Heading, View: view}); err != nil {
		d.log.ErrorContext(c.Context(), "show an error", "error", err)
		http.Error(c.w, "internal error", http.StatusInternalServerError)
	}
}

// isPart reports whether a script asks, for a section or a stream, and not a browser for a page.
func (c *call) isPart() bool {
	return c.section() != "" || c.Header.Get("Accept") == "text/event-stream"
}

// toSignIn sends the browser to the sign-in, and from there to the page it wanted.
func (c *call) toSignIn() {
	to := "/sign-in"
	if c.Method == http.MethodGet && c.URL.Path != "/" {
		to += "?" + url.Values{"to": {c.URL.RequestURI()}}.Encode()
	}
	http.Redirect(c.w, c.Request, to, http.StatusSeeOther)
}

func explain(code app.Code, err error) (heading, message string) {
	switch code {
	case app.CodeNotFound:
		return "Nothing here", "There is no such page, or it is not yours to see."
	case app.CodeForbidden:
		return "Not for you", sentence(err.Error())
	case app.CodeInternal:
		return "Something went wrong", "The fault is Gondor's, and it is written in its log. Try again; if it stays so, tell the operator."
	case app.CodeUnauthenticated:
		return "Signed out", "Sign in again."
	default:
		return "That did not work", sentence(err.Error())
	}
}
