package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"gondor/app"
	"gondor/web/api"
)

// EndpointsPrefix is the path below which Options.Endpoints is reached, with a slash at its end.
const EndpointsPrefix = "/endpoints/"

// Options are what the HTTP face is made of.
type Options struct {
	// App is the domain. Required.
	App *app.App
	// URL is where people reach Gondor: scheme and host. Required.
	URL *url.URL
	// Endpoints serves the processes that are joined by a WebSocket, below a prefix that
	// is stripped. Required.
	Endpoints http.Handler
	// UI serves every path that is not the API's. Nothing is there when nil.
	UI http.Handler
	// Log gets the failures that are Gondor's own. Required.
	Log *slog.Logger
	// Offer is the client for download; none when zero.
	Offer api.Offer
}

// server is what the handlers share.
type server struct {
	Options
	openapi document
}

// New returns the handler of the API, the endpoints and the UI.
func New(o Options) http.Handler {
	s := &server{Options: o}
	if s.Offer.DownloadURL == nil {
		s.Offer.DownloadURL = map[string]map[string]string{}
	}
	s.openapi = describe(s.routes(), o.URL)
	return s.mount(s.echo())
}

// echo returns the router of the API with all routes.
func (s *server) echo() *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = s.writeError
	e.Use(s.identifyRequest, s.recoverPanic)
	for _, r := range s.routes() {
		e.Add(r.method, r.path, s.handler(r))
	}
	return e
}

// mount puts the parts side by side.
func (s *server) mount(e *echo.Echo) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v2/", slashed(e))
	mux.Handle("/oauth/", slashed(e))
	mux.Handle(EndpointsPrefix, http.StripPrefix(strings.TrimSuffix(EndpointsPrefix, "/"), s.Endpoints))
	if s.UI != nil {
		mux.Handle("/", s.UI)
	}
	return mux
}

// routes is the one table of the API.
func (s *server) routes() []route {
	var all []route
	for _, some := range [][]route{
		s.oauthRoutes(), s.meRoutes(), s.userRoutes(), s.groupRoutes(), s.memberRoutes(),
		s.siteRoutes(), s.siteUserRoutes(), s.instanceRoutes(), s.serviceRoutes(), s.hostRoutes(), s.drainRoutes(),
		s.variableRoutes(), s.buildRoutes(), s.releaseRoutes(), s.deploymentRoutes(), s.taskRoutes(),
		s.taskRunRoutes(), s.runRoutes(), s.logRoutes(), s.eventRoutes(), s.instanceEventRoutes(), s.alertRoutes(), s.receiverRoutes(),
		s.backupRoutes(), s.diskRoutes(), s.openapiRoutes(),
	} {
		all = append(all, some...)
	}
	return all
}
