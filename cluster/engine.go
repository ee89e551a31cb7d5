// Package cluster picks the engine that runs what people deploy.
package cluster

import (
	"context"
	"net"

	"gondor/app"
	"gondor/cluster/kube"
	"gondor/cluster/local"
)

// Engine runs workloads, one-offs and builds, and keeps their logs. What it runs goes on
// while Gondor is down, and is found again by the next Open. It is safe for concurrent use.
type Engine interface {
	app.Workloads
	app.Processes
	app.Builder
	app.Logs

	// Listen returns a listener on the address whose socket outlives Gondor, where the
	// engine can hold it: connections then wait until Gondor is back.
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	// Routed returns where a router learns its routes, when domain tells those of Gondor's
	// own instances: an engine may add others, and keep them for routers elsewhere. Routes of
	// what it returns is called once.
	Routed(domain app.RouteSource) app.RouteSource
	// Parts, DropCaches and DropLogs are those of app.Disk for what the engine keeps itself.
	Parts(ctx context.Context) ([]app.DiskPart, error)
	DropCaches(ctx context.Context, bytes int64) error
	DropLogs(ctx context.Context, bytes int64) error

	// Run looks after everything until ctx ends, and returns nil then; what it looks after
	// runs on.
	Run(ctx context.Context) error
	// Shutdown stops everything that the engine runs. Call it when Run has returned.
	Shutdown(ctx context.Context) error
	// Notes returns sentences for the operator about what the engine can't do here.
	Notes() []string
}

// The names of the engines.
const (
	Local = "local"
	Kube  = "kube"
)

// Options say which engine to open, and how.
type Options struct {
	Engine string // Local or Kube
	Local  local.Options
	Kube   kube.Options
}

// Open opens the engine of that name and takes over what it runs. CodeInvalid when there
// is no such engine.
func Open(ctx context.Context, o Options) (Engine, error) {
	switch o.Engine {
	case Local:
		engine, err := local.Open(ctx, o.Local)
		if err != nil {
			return nil, err // and no interface around a nil engine
		}
		return engine, nil
	case Kube:
		engine, err := kube.Open(ctx, o.Kube)
		if err != nil {
			return nil, err
		}
		return engine, nil
	default:
		return nil, app.Invalid("engine", "%q is not an engine; use %q or %q", o.Engine, Local, Kube)
	}
}
