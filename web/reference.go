package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"gondor/app"
	"gondor/web/api"
)

// idPattern is what app.NewID makes.
var idPattern = regexp.MustCompile(`^[0-9a-v]{16}$`)

// base is the URL by which the client reached Gondor: its own URL where the host is its own,
// or else what the request says. References in the answer are made of it.
func (s *server) base(r *http.Request) *url.URL {
	if strings.EqualFold(r.Host, s.URL.Host) || r.Host == "" {
		return &url.URL{Scheme: s.URL.Scheme, Host: s.URL.Host}
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return &url.URL{Scheme: scheme, Host: r.Host}
}

// refer returns the URL of a resource of a collection: "sites". Empty without an ID.
func refer[T any](c *call, collection string, id app.ID[T]) api.Reference {
	if id == "" {
		return ""
	}
	at := c.base(c.Request())
	at.Path = "/v2/" + collection + "/" + string(id) + "/"
	return api.Reference(at.String())
}

// optional is refer, or nil without an ID.
func optional[T any](c *call, collection string, id app.ID[T]) *api.Reference {
	if id == "" {
		return nil
	}
	r := refer(c, collection, id)
	return &r
}

// given returns the ID in the path, or an error of CodeNotFound that names the noun.
func given[T any](c *call, noun string) (app.ID[T], error) {
	id := c.Param("id")
	if !idPattern.MatchString(id) {
		return "", app.NotFound(noun)
	}
	return app.ID[T](id), nil
}

// referred returns the ID that a field refers to, empty for an empty reference. An error
// of CodeInvalid about the field says what would be right.
func referred[T any](c *call, field, collection string, to api.Reference) (app.ID[T], error) {
	if to == "" {
		return "", nil
	}
	wrong := app.Invalid(field, "%q is not the url of one of the %s of this server", string(to), collection)
	at, err := url.Parse(string(to))
	if err != nil || at.User != nil || at.RawQuery != "" || at.Fragment != "" || !c.isOwn(at) {
		return "", wrong
	}
	id, below := strings.CutPrefix(at.EscapedPath(), "/v2/"+collection+"/")
	id = strings.TrimSuffix(id, "/")
	if !below || !idPattern.MatchString(id) {
		return "", wrong
	}
	return app.ID[T](id), nil
}

// isOwn reports whether a URL is of this server: by its own host, or by the one that
// this request came to.
func (c *call) isOwn(at *url.URL) bool {
	host := strings.EqualFold(at.Host, c.URL.Host) || strings.EqualFold(at.Host, c.base(c.Request()).Host)
	return host && (at.Scheme == "http" || at.Scheme == "https")
}

// required is referred for a field that must be given.
func required[T any](c *call, field, collection string, to api.Reference) (app.ID[T], error) {
	if to == "" {
		return "", app.Invalid(field, "is missing; give the url of one of the %s", collection)
	}
	return referred[T](c, field, collection, to)
}

// asked returns the ID that a parameter of the query refers to, empty when it is not given.
func asked[T any](c *call, parameter, collection string) (app.ID[T], error) {
	return referred[T](c, parameter, collection, api.Reference(c.QueryParam(parameter)))
}

// mustAsk is asked for a parameter that must be given.
func mustAsk[T any](c *call, parameter, collection string) (app.ID[T], error) {
	return required[T](c, parameter, collection, api.Reference(c.QueryParam(parameter)))
}

// newestOf is asked for what must be given, and for how many of the newest of its things; 0 is
// all.
func newestOf[T any](c *call, parameter, collection string) (app.ID[T], int, error) {
	id, err := mustAsk[T](c, parameter, collection)
	if err != nil {
		return "", 0, err
	}
	limit, err := c.number("limit")
	return id, int(limit), err
}
