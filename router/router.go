package router

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"gondor/app"
)

// Router sends each request to a healthy backend of its host. Run feeds it its routes;
// until they are known it answers 503. It is an http.Handler, and an app.Drainer. All
// methods are safe for concurrent use.
type Router struct {
	own        func(string) http.Handler
	ownAddress http.Handler
	trusted    []netip.Prefix
	access     AccessLog
	limits     Limits
	logger     *slog.Logger

	table    atomic.Pointer[table]
	backends backends
}

var _ app.Drainer = (*Router)(nil)

// New makes a router.
func New(options Options) *Router {
	options = options.orDefaults()
	r := &Router{
		own:        options.Own,
		ownAddress: options.OwnAddress,
		trusted:    options.TrustedProxies,
		access:     options.AccessLog,
		limits:     options.Limits,
		logger:     options.Logger,
		backends:   backends{byAddress: map[string]*backend{}},
	}
	r.table.Store(&table{starting: true})
	return r
}

// ServeHTTP answers one request: a host of Gondor itself by its handler, that of a route
// by one of its backends, any other by a page. It panics with http.ErrAbortHandler when
// an answer breaks off, so that the client's connection breaks too.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	closeAfter(w, req)
	named, ok := parseHost(req.Host)
	switch {
	case req.Host == "" && !req.ProtoAtLeast(1, 1):
		named.address = true
	case !ok:
		r.refuse(w, req, http.StatusBadRequest, "The Host of the request is not a host name.")
		return
	}
	if handler := r.ownHandler(named); handler != nil {
		handler.ServeHTTP(w, req)
		return
	}
	if req.Method == http.MethodConnect {
		r.refuse(w, req, http.StatusMethodNotAllowed, "This is not a forward proxy.")
		return
	}
	x := &exchange{router: r, w: w, req: req, name: named, start: time.Now()}
	defer x.log()
	x.serve()
}

func (r *Router) ownHandler(n name) http.Handler {
	if n.address {
		return r.ownAddress
	}
	return r.own(n.host)
}

// closeAfter ends the client's connection when the router is leaving, and after requests
// whose framing net/http settles without telling: a chunked one may have had a
// Content-Length too, and one of HTTP/1.0 a Transfer-Encoding; the bytes behind such a
// request are nobody's request (RFC 9112 section 6.1).
func closeAfter(w http.ResponseWriter, req *http.Request) {
	unframed := req.ProtoMajor == 1 && (req.ProtoMinor == 0 || req.ContentLength < 0)
	if unframed || frontOf(req).leaving.Load() {
		w.Header()["Connection"] = []string{"close"}
	}
}
