package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"gondor/app"
)

// call is one request that a handler answers.
type call struct {
	echo.Context
	*server
	who app.Actor
}

func (c *call) ctx() context.Context { return c.Request().Context() }

// bearer returns the token of a request as RFC 6750 section 2.1 has it, or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// query returns a parameter that must be given.
func (c *call) needed(name string) (string, error) {
	value := c.QueryParam(name)
	if value == "" {
		return "", app.Invalid(name, "is missing in the query")
	}
	return value, nil
}

// each makes a list of the wire from one of the domain. It is never nil, so that an
// empty list is [] on the wire. What has gone since the list was made is left out.
func each[From, To any](list []From, err error, to func(From) (To, error)) ([]To, error) {
	if err != nil {
		return nil, err
	}
	wire := make([]To, 0, len(list))
	for _, one := range list {
		item, err := to(one)
		switch {
		case app.IsNotFound(err):
			continue
		case err != nil:
			return nil, err
		}
		wire = append(wire, item)
	}
	return wire, nil
}

// find returns the item of a list that matches, or an error of CodeNotFound.
func find[T any](list []T, err error, noun string, matches func(T) bool) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	for _, one := range list {
		if matches(one) {
			return one, nil
		}
	}
	return none, app.NotFound(noun)
}
