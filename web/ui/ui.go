package ui

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"gondor/app"
)

// Options are what the dashboard needs. All are required.
type Options struct {
	App       *app.App
	URL       *url.URL // where people reach Gondor: its scheme and host decide on the cookies
	Endpoints string   // the path below which processes are joined: "/endpoints/"
	Logger    *slog.Logger
}

// dashboard is what all handlers share. It is safe for concurrent use.
type dashboard struct {
	app       *app.App
	log       *slog.Logger
	url       *url.URL
	endpoints string
	cookies   cookies
	pages     *pages
	assets    *assets
}

// New returns the dashboard's handler, for all paths that are not the API's. It fails when
// a template can't be parsed or does not fit its view. The streams that the handler
// serves end with their request's context.
func New(o Options) (http.Handler, error) {
	if o.App == nil || o.URL == nil || o.Endpoints == "" || o.Logger == nil {
		return nil, errors.New("the dashboard needs an App, a URL, a path of endpoints and a Logger")
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("load the dashboard's assets: %w", err)
	}
	pages, err := parsePages(functions(assets, o.URL))
	if err != nil {
		return nil, fmt.Errorf("load the dashboard's templates: %w", err)
	}
	d := &dashboard{
		app: o.App, log: o.Logger, url: o.URL, endpoints: o.Endpoints,
		cookies: cookiesFor(o.URL), pages: pages, assets: assets,
	}
	return d.handler()
}

// handler puts what holds for every request around the routes.
func (d *dashboard) handler() (http.Handler, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/{name}", d.assets)
	for _, add := range []func(*http.ServeMux){
		d.signInRoutes, d.siteRoutes, d.oneSiteRoutes, d.peopleRoutes, d.instanceRoutes,
		d.serviceRoutes, d.releaseRoutes, d.buildRoutes, d.environmentRoutes, d.hostRoutes, d.taskRoutes, d.taskRunRoutes,
		d.feedRoutes, d.logsRoutes, d.drainRoutes, d.alertRoutes, d.receiverRoutes, d.terminalRoutes, d.runRoutes, d.userRoutes, d.accountRoutes, d.eventRoutes,
	} {
		add(mux)
	}
	mux.Handle("/", d.public(func(*call) error { return app.NotFound("page") }))
	protected, err := d.refuseForeign(mux)
	if err != nil {
		return nil, err
	}
	return withHeaders(protected), nil
}
