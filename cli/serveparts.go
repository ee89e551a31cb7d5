package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"gondor/app"
	"gondor/build"
	"gondor/cluster"
	"gondor/drain"
	"gondor/notify"
	"gondor/router"
	"gondor/runner"
	"gondor/scheduler"
	"gondor/store"
	"gondor/web"
	"gondor/web/ui"
)

// server is all rooms plugged together. In its data directory are:
//
//	store/gondor.db   what should be
//	gondor.key        what opens its secrets
//	sources/          uploads, as long as what was built of them
//	engine/           what is, on this machine
//	logs/             what the pods of a cluster wrote
//	drains/           how far the drains of logs have come
//	access.log        and access.log.1, the one before
type server struct {
	options  serverOptions
	url      *url.URL
	listener net.Listener
	ready    net.Listener // of the kubelet's questions, nil when nobody asks

	budget    app.DiskBudget
	store     *store.Store
	vault     *app.Vault
	engine    cluster.Engine
	alone     bool // no supervisor ran before
	app       *app.App
	router    *router.Router
	runner    *runner.Runner
	scheduler *scheduler.Scheduler
	notifier  *notify.Notifier
	drains    *drain.Drains
	web       http.Handler

	access   *router.AccessLines
	accesses *router.AccessBatches // for the logs of instances
	closers  []io.Closer           // in the order of their opening
}

// openServer opens everything, the listener too, so that a fault is told before anything
// is announced. Nothing is served before run.
func openServer(ctx context.Context, o serverOptions) (*server, error) {
	s := &server{options: o}
	steps := []func(context.Context) error{
		s.checkAddress, s.openStore, s.openRouter, s.openEngine, s.listen, s.openApp,
	}
	for _, open := range steps {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, s.undo(ctx))
		}
	}
	return s, nil
}

// undo takes back a start that failed. A supervisor that it has launched would hold the
// address, and connections would wait for nobody.
func (s *server) undo(ctx context.Context) error {
	var err error
	if s.engine != nil && s.alone {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoPatience)
		defer cancel()
		err = s.engine.Shutdown(ctx)
	}
	s.close()
	return err
}

// undoPatience is how long what a supervisor began again may take to stop.
const undoPatience = time.Minute

// openStore comes before all that changes something: whoever has the store has the data
// directory.
func (s *server) openStore(ctx context.Context) (err error) {
	if err := makeDataDir(s.options.data); err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, filepath.Join(s.options.data, "store"), s.options.log); err != nil {
		return err
	}
	s.closers = append(s.closers, s.store)
	if s.budget, err = budgetFor(s.options.data, s.options.diskBudget); err != nil {
		return err
	}
	s.vault, err = s.store.OpenKey(ctx, filepath.Join(s.options.data, "gondor.key"))
	return err
}

// makeDataDir makes a directory that the processes of sites may pass through, and no
// more.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	return nil
}

// openRouter makes the router first: the engine drains by it, and what it serves of
// Gondor's own is there before it serves.
func (s *server) openRouter(ctx context.Context) error {
	lines, err := openRotating(filepath.Join(s.options.data, accessLogName), s.budget.AccessLog()/2)
	if err != nil {
		return err
	}
	s.access = router.NewAccessLines(lines)
	s.closers = append(s.closers, lines, s.access)
	s.accesses = router.NewAccessBatches(func(b router.AccessBatch) { logAccesses(context.WithoutCancel(ctx), s.app, s.options.log, b) })
	own := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.web.ServeHTTP(w, r) })
	s.router = router.New(router.Options{
		Own: func(host string) http.Handler {
			if host == s.options.domain {
				return own
			}
			return nil
		},
		OwnAddress:     own,
		TrustedProxies: s.options.trusted,
		AccessLog:      accessLogs{s.access, s.accesses},
		Limits:         router.Limits{Shutdown: s.options.grace},
		Logger:         s.options.log,
	})
	return nil
}

func (s *server) openApp(context.Context) error {
	s.runner = runner.New(s.options.log)
	s.drains = drain.New(drain.Options{Dir: filepath.Join(s.options.data, "drains"), Logs: s.engine, Log: s.options.log})
	s.notifier = notify.New(notify.Options{Mail: s.options.outside.mail})
	s.app = app.New(app.Config{URL: s.url}, ports(app.Ports{
		Store: s.store, Vault: s.vault,
		Workloads: s.engine, Processes: s.engine, Builder: s.engine, Logs: s.engine,
		Sources:   build.NewSources(filepath.Join(s.options.data, "sources"), build.Limits{Unpacked: s.budget.Source()}),
		Endpoints: s.runner, Notifier: s.notifier, DrainStates: s.drains,
		Disk: &disk{data: s.options.data, budget: s.budget, local: s.options.engine == cluster.Local, engine: s.engine},
	}), s.options.log)
	s.closers = append(s.closers, s.accesses) // it ends before all that it writes to
	s.scheduler = scheduler.New(scheduler.Options{Tasks: s.app, Log: s.options.log})
	dashboard, err := ui.New(ui.Options{App: s.app, URL: s.url, Endpoints: web.EndpointsPrefix, Logger: s.options.log})
	if err != nil {
		return err
	}
	s.web = web.New(web.Options{App: s.app, URL: s.url, Endpoints: s.runner, UI: dashboard, Log: s.options.log})
	return nil
}

// close closes what was opened, the last first: the access log, then the store.
func (s *server) close() {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i].Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		s.options.log.Error("close the server", "error", err)
	}
}
