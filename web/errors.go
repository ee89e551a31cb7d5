package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"

	"gondor/app"
	"gondor/web/api"
)

// requestID is the header that names a request, in the answer and in the log.
const requestID = "X-Request-Id"

// elementErrors are the faults of a POST of an array, one place for each element.
type elementErrors []error

// Error tells the first fault.
func (e elementErrors) Error() string {
	for _, err := range e {
		if err != nil {
			return err.Error()
		}
	}
	return "no fault"
}

// identifyRequest gives every request a random name.
func (s *server) identifyRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(requestID, rand.Text())
		return next(c)
	}
}

// recoverPanic turns a panic into an error, which ends one request and no more.
func (s *server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch fault := recover(); fault {
			case nil:
			case http.ErrAbortHandler:
				panic(fault)
			default:
				err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
			}
		}()
		return next(c)
	}
}

// writeError is the one place where an error becomes an answer.
func (s *server) writeError(err error, c echo.Context) {
	err = ofEcho(err)
	status := api.StatusOf(err)
	var elements elementErrors
	isList := errors.As(err, &elements)
	if isList {
		status = http.StatusBadRequest
	}
	if status == http.StatusInternalServerError {
		s.logFailure(c, err)
	}
	if c.Response().Committed {
		return
	}
	tellHow(c.Response().Header(), c.Request(), status)
	body := any(api.EncodeErrors(elements))
	if !isList {
		body = api.EncodeError(err)
	}
	if err := c.JSON(statusOf(err, status), body); err != nil {
		s.Log.Debug("an answer did not reach its client", "error", err)
	}
}

// methodError is a fault of the request's method, which has a status of its own.
type methodError struct{ error }

func (e methodError) Unwrap() error { return e.error }

func statusOf(err error, status int) int {
	if errors.As(err, &methodError{}) {
		return http.StatusMethodNotAllowed
	}
	return status
}

// ofEcho turns the errors of echo into those of the domain.
func ofEcho(err error) error {
	var fault *echo.HTTPError
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.Code {
	case http.StatusNotFound:
		return app.NotFound("path in this API; /v2/openapi.json lists them all")
	case http.StatusMethodNotAllowed:
		return methodError{app.Fault(app.CodeForbidden, "this path does not take that method")}
	}
	return err
}

// tellHow adds the headers that say how to go on.
func tellHow(h http.Header, r *http.Request, status int) {
	switch status {
	case http.StatusUnauthorized:
		challenge := `Bearer realm="gondor"`
		if bearer(r) != "" {
			challenge += `, error="invalid_token"`
		}
		h.Set("WWW-Authenticate", challenge)
	case http.StatusTooManyRequests:
		h.Set("Retry-After", "60")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
}

// logFailure writes a failure of Gondor's own in full. The path is left out of the
// record, as some are secrets; the route is enough to find the code.
func (s *server) logFailure(c echo.Context, err error) {
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return // the client has gone, and nothing has failed
	}
	s.Log.Error("a request failed", "request", c.Response().Header().Get(requestID),
		"method", c.Request().Method, "route", c.Path(), "error", err)
}
