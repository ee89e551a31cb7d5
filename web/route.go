package web

import (
	"net/http"
	"reflect"

	"github.com/labstack/echo/v4"

	"gondor/app"
)

// route is one call of the API: what is served and what is written about it.
type route struct {
	method, path string
	summary      string
	parameters   []parameter  // of the query
	in, out      reflect.Type // of the bodies, nil for none
	sends, gets  string       // the types of the bodies where they are not JSON
	status       int          // of success
	open         bool         // nobody needs to be signed in
	serve        func(*call) error
}

// parameter is one of a query.
type parameter struct {
	name, about string
	required    bool
}

// asks adds parameters that may be given.
func (r route) asks(pairs ...string) route { return r.with(false, pairs) }

// needs adds parameters that must be given.
func (r route) needs(pairs ...string) route { return r.with(true, pairs) }

func (r route) with(required bool, pairs []string) route {
	for i := 0; i+1 < len(pairs); i += 2 {
		r.parameters = append(r.parameters, parameter{name: pairs[i], about: pairs[i+1], required: required})
	}
	return r
}

// show is a route that reads.
func show[Out any](path, summary string, fn func(*call) (Out, error)) route {
	return answering(http.MethodGet, path, summary, http.StatusOK, fn)
}

// act is a POST that carries nothing.
func act[Out any](path, summary string, fn func(*call) (Out, error)) route {
	return answering(http.MethodPost, path, summary, http.StatusOK, fn)
}

func answering[Out any](method, path, summary string, status int, fn func(*call) (Out, error)) route {
	return route{
		method: method, path: path, summary: summary, out: reflect.TypeFor[Out](), status: status,
		serve: func(c *call) error {
			answer, err := fn(c)
			if err != nil {
				return err
			}
			return c.JSON(status, answer)
		},
	}
}

// create is a POST of what is to be made.
func create[In, Out any](path, summary string, fn func(*call, In) (Out, error)) route {
	return taking(http.MethodPost, path, summary, http.StatusCreated, fn)
}

// change is a PATCH.
func change[In, Out any](path, summary string, fn func(*call, In) (Out, error)) route {
	return taking(http.MethodPatch, path, summary, http.StatusOK, fn)
}

func taking[In, Out any](method, path, summary string, status int, fn func(*call, In) (Out, error)) route {
	r := answering(method, path, summary, status, func(c *call) (Out, error) {
		in, err := decode[In, Out](c)
		if err != nil {
			var none Out
			return none, err
		}
		return fn(c, in)
	})
	r.in = reflect.TypeFor[In]()
	return r
}

// erase is a DELETE.
func erase(path, summary string, fn func(*call) error) route {
	return route{
		method: http.MethodDelete, path: path, summary: summary, status: http.StatusNoContent,
		serve: func(c *call) error {
			if err := fn(c); err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		},
	}
}

// handler serves a route: it finds out who calls, then calls.
func (s *server) handler(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		c.Response().Header().Set("X-Content-Type-Options", "nosniff")
		one := &call{Context: c, server: s}
		if r.open {
			return r.serve(one)
		}
		who, err := s.App.Identify(one.ctx(), bearer(c.Request()), app.TokenAccess)
		if err != nil {
			return err
		}
		one.who = who
		return r.serve(one)
	}
}
