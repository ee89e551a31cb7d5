package ui_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/build"
	"gondor/cluster/clustertest"
	"gondor/cluster/local"
	"gondor/cluster/local/supervisor"
	"gondor/drain"
	"gondor/notify"
	"gondor/runner"
	"gondor/store"
	"gondor/web/ui"
)

// superviseArgument makes the test binary a supervisor of the directory behind it.
const superviseArgument = "supervise"

func TestMain(m *testing.M) {
	clustertest.Site()
	if len(os.Args) == 3 && os.Args[1] == superviseArgument {
		if err := supervisor.Run(context.Background(), supervisor.Options{Dir: os.Args[2]}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// password is everybody's.
const password = "white-city-2026"

// world is the dashboard of a domain over a real store and a real engine.
type world struct {
	*app.App
	t      *testing.T
	ctx    context.Context
	url    *url.URL // http://localhost:PORT
	server *httptest.Server
	lines  *cuttable // that its clients are on
	admin  app.Actor

	drains   *drain.Drains     // which send nothing before runDrains
	sessions map[string]string // by the name of who is signed in
}

// newWorld serves a dashboard in which there is only an admin called admin.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o711)) // instances have users of their own
	must(t, os.Chmod(dir, 0o711))
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)

	kept, err := store.Open(ctx, filepath.Join(dir, "store"), log)
	must(t, err)
	t.Cleanup(func() { must(t, kept.Close()) })
	engine := openEngine(t, filepath.Join(dir, "engine"), log)
	w := &world{t: t, ctx: ctx, server: httptest.NewUnstartedServer(nil), sessions: map[string]string{}}
	w.lines = &cuttable{Listener: w.server.Listener}
	w.server.Listener = w.lines
	w.url = &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port(w.server.Listener.Addr()))}
	joined := runner.New(log)
	w.drains = drain.New(drain.Options{Dir: filepath.Join(dir, "drains"), Logs: engine, Log: log, Timing: drain.Timing{Linger: 50 * time.Millisecond}})
	w.App = app.New(app.Config{URL: w.url}, app.Ports{
		Store: kept, Vault: newVault(t), Workloads: engine, Processes: engine, Builder: engine, Logs: engine,
		Sources: build.NewSources(filepath.Join(dir, "sources"), build.Limits{}), Endpoints: joined, Notifier: notify.New(notify.Options{}), DrainStates: w.drains,
	}, log)
	runAll(t, ctx, cancel, engine.Run, w.Run, joined.Run)
	w.serve(log, joined)
	w.bootstrap()
	return w
}

func (w *world) serve(log *slog.Logger, endpoints http.Handler) {
	handler, err := ui.New(ui.Options{App: w.App, URL: w.url, Endpoints: "/endpoints/", Logger: log})
	must(w.t, err)
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("/endpoints/", http.StripPrefix("/endpoints", endpoints))
	w.server.Config.Handler = mux
	w.server.Start()
	w.t.Cleanup(func() { w.lines.cut(); w.server.Close() })
}

func (w *world) bootstrap() {
	w.t.Helper()
	_, err := w.Bootstrap(w.ctx, password)
	must(w.t, err)
	w.admin = w.browser("admin").actor()
}

// runDrains sends the logs on until the test ends.
func (w *world) runDrains() {
	ctx, cancel := context.WithCancel(w.ctx)
	runAll(w.t, ctx, cancel, func(ctx context.Context) error { return w.drains.Run(ctx, w.App, w.Store) })
}

func openEngine(t *testing.T, dir string, log *slog.Logger) *local.Engine {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	engine, err := local.Open(context.Background(), local.Options{
		Dir: dir, Supervisor: []string{program, superviseArgument}, Logger: log, WorkerAlive: 200 * time.Millisecond,
	})
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t, engine.Shutdown(ctx))
	})
	return engine
}

// runAll runs the parts until the test ends, and waits for them before the store is closed.
func runAll(t *testing.T, ctx context.Context, cancel func(), parts ...func(context.Context) error) {
	var running sync.WaitGroup
	for _, run := range parts {
		running.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("a part ended: %v", err)
			}
		})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
}

func newVault(t *testing.T) *app.Vault {
	t.Helper()
	key := make([]byte, app.VaultKeySize)
	_, _ = rand.Read(key)
	vault, err := app.NewVault(key)
	must(t, err)
	return vault
}

func port(at net.Addr) string {
	_, port, _ := net.SplitHostPort(at.String()) // a listener's address has one
	return port
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("in a minute it was not so that %s", what)
		case <-tick.C:
		}
	}
}

// The statuses that tests want most.
const (
	ok        = http.StatusOK
	seeOther  = http.StatusSeeOther
	forbidden = http.StatusForbidden
	notFound  = http.StatusNotFound
)
