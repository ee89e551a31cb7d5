package app

import "context"

// Route says where the requests of a host go.
type Route struct {
	Host     string    // lower case, without port; "*.example.com" for one label below
	Backends []Backend // healthy ones; none: the site is there and does not run
	// Others are replicas that get no requests and still, or already, answer: of a release
	// that was replaced, or of one that is about to serve. A router asks them for what pages
	// of that release link, when a backend does not have it.
	Others []Backend
	// Notice is told to people on the page of a host without backends: "nothing has been
	// deployed to this instance yet".
	Notice string
	// Instance and Service name the route in the access log.
	Site     ID[Site]
	Instance ID[Instance]
	Service  string
	// Workload is what the backends are replicas of; zero when nothing is deployed.
	Workload WorkloadRef
}

// Backend is one replica that takes requests.
type Backend struct {
	Replica string
	Address string // host:port
}

// RouteChange tells of one host. A zero Route with the host, and Removed, says it is gone.
type RouteChange struct {
	Route   Route
	Removed bool
	Synced  bool // everything there was when Routes began has been told; all else is zero
}

// RouteSource tells a router its routes.
type RouteSource interface {
	// Routes calls fn with every route, then once with Synced, then with a change per
	// host, one call at a time, until ctx ends. When fn has returned, the change is in
	// force.
	Routes(ctx context.Context, fn func(RouteChange)) error
}

// Drainer knows the requests in flight. A router is one.
type Drainer interface {
	// Drain returns when no request or WebSocket is in flight to the address, or
	// ctx has ended. Call it after the address has left the routes.
	Drain(ctx context.Context, address string) error
}
