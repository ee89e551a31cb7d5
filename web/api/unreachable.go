package api

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"gondor/app"
)

// UnreachableError says that a server could not be reached, or went away. It carries
// app.CodeUnavailable and the cause.
type UnreachableError struct {
	Server string // its URL
	Cause  error
}

// Error says what happened and what to look at, for people.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("can't reach Gondor at %s: %s", e.Server, e.reason())
}

// Unwrap returns an *app.Error of CodeUnavailable, and the cause.
func (e *UnreachableError) Unwrap() []error {
	return []error{&app.Error{Code: app.CodeUnavailable, Message: e.Error()}, e.Cause}
}

func (e *UnreachableError) reason() string {
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var timeout net.Error
	switch {
	case errors.As(e.Cause, &name) && name.IsNotFound:
		return fmt.Sprintf("there is no host %s; is the URL right?", name.Name)
	case errors.Is(e.Cause, syscall.ECONNREFUSED):
		return "nothing listens there; is the server running, and the port right?"
	case errors.As(e.Cause, &authority):
		return "its certificate is signed by nobody that this machine trusts"
	case errors.Is(e.Cause, http.ErrSchemeMismatch):
		return "it does not speak TLS; is the URL http:// rather than https://?"
	case errors.As(e.Cause, &timeout) && timeout.Timeout():
		return "it does not answer in time"
	}
	return e.Cause.Error()
}

// unreachable tells of a call that got no answer. A context that has ended is the
// caller's own doing and comes back as it is.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &UnreachableError{Server: c.base.String(), Cause: err}
}
