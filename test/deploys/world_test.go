// Package deploys tests the way of a deploy through the real parts: store, build
// queue, reconciler, local engine and router.
package deploys

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/build"
	"gondor/cluster"
	"gondor/cluster/local"
	"gondor/cluster/local/supervisor"
	"gondor/notify"
	"gondor/router"
	"gondor/runner"
	"gondor/store"
)

const superviseArgument = "deploys-supervise"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 4 && os.Args[1] == siteArgument:
		runSite(os.Args[2], os.Args[3])
	case len(os.Args) == 3 && os.Args[1] == superviseArgument:
		if err := supervisor.Run(context.Background(), supervisor.Options{Dir: os.Args[2]}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// world is an installation in this process, with one site.
type world struct {
	*testing.T
	dir      string
	app      *app.App
	engine   cluster.Engine
	store    *store.Store
	front    *httptest.Server
	who      app.Actor
	instance app.Instance
	services map[string]app.Service
	stop     func()
}

// newWorld starts an installation with a site whose instance has the services.
func newWorld(t *testing.T, services ...string) *world {
	t.Helper()
	w := &world{T: t, dir: filepath.Join(t.TempDir(), "data"), services: map[string]app.Service{}}
	for _, dir := range []string{filepath.Dir(filepath.Dir(w.dir)), filepath.Dir(w.dir)} {
		w.ok(os.Chmod(dir, 0o711)) // instances have users of their own
	}
	w.ok(os.Mkdir(w.dir, 0o711))
	w.start()
	t.Cleanup(func() {
		w.stop()
		w.ok(w.engine.Shutdown(context.Background()))
	})
	w.signIn()
	w.make(services)
	return w
}

// start is what a start of Gondor does; stop leaves the site running.
func (w *world) start() {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(w.Output(), nil))
	program, err := os.Executable()
	w.ok(err)
	w.store, err = store.Open(ctx, filepath.Join(w.dir, "store"), log)
	w.ok(err)
	vault, err := w.store.OpenKey(ctx, filepath.Join(w.dir, "store", "key"))
	w.ok(err)
	proxy := router.New(router.Options{Logger: log})
	w.engine, err = cluster.Open(ctx, cluster.Options{Engine: cluster.Local, Local: local.Options{
		Dir: filepath.Join(w.dir, "engine"), Supervisor: []string{program, superviseArgument},
		Logger: log, Drainer: proxy, WorkerAlive: 200 * time.Millisecond,
	}})
	w.ok(err)
	address, err := url.Parse("http://gondor.test")
	w.ok(err)
	w.app = app.New(app.Config{URL: address}, app.Ports{
		Store: w.store, Vault: vault, Workloads: w.engine, Processes: w.engine, Builder: w.engine, Logs: w.engine,
		Sources: build.NewSources(filepath.Join(w.dir, "sources"), build.Limits{}), Endpoints: runner.New(log), Notifier: notify.New(notify.Options{}),
	}, log)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.engine.Run(ctx) })
	group.Go(func() error { return w.app.Run(ctx) })
	group.Go(func() error { return proxy.Run(ctx, w.app) })
	w.front = httptest.NewServer(proxy)
	w.stop = func() {
		cancel()
		if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			w.Errorf("stop: %v", err)
		}
		w.front.Close()
		w.ok(w.store.Close())
	}
}

func (w *world) signIn() {
	w.Helper()
	ctx := w.Context()
	password, err := w.app.Bootstrap(ctx, "")
	w.ok(err)
	grant, err := w.app.SignIn(ctx, "admin", password, "test")
	w.ok(err)
	w.who, err = w.app.Identify(ctx, grant.Access, app.TokenAccess)
	w.ok(err)
}

func (w *world) make(services []string) {
	w.Helper()
	ctx := w.Context()
	site, err := w.app.CreateSite(ctx, w.who, app.NewSite{Name: "blog"})
	w.ok(err)
	w.instance, err = w.app.CreateInstance(ctx, w.who, app.NewInstance{Site: site.ID, Label: app.PrimaryLabel, Kind: app.Production})
	w.ok(err)
	for _, name := range services {
		kind := app.Worker
		if name == "web" {
			kind = app.Web
		}
		w.services[name], err = w.app.CreateService(ctx, w.who, app.NewService{Instance: w.instance.ID, Name: name, Kind: kind})
		w.ok(err)
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// web is the line of a Procfile for a web process with this page and status.
func web(page string, status int) string {
	return fmt.Sprintf("web: exec \"$GONDOR\" %s %s %d\n", siteArgument, page, status)
}

// build uploads a site that is a Procfile and waits for the end of its build.
func (w *world) build(procfile string) app.Build {
	w.Helper()
	return w.upload(map[string]string{"Procfile": procfile})
}

func (w *world) upload(files map[string]string) app.Build {
	w.Helper()
	ctx := w.Context()
	made, err := w.app.CreateBuild(ctx, w.who, app.NewBuild{Instance: w.instance.ID})
	w.ok(err)
	_, err = w.app.UploadBuild(ctx, w.who, made.ID, w.source(files))
	w.ok(err)
	w.until("the build has ended", func() bool {
		made, err = w.app.Build(ctx, w.who, made.ID)
		return err == nil && made.State.Ended()
	})
	return made
}

// source is a tar of files.
func (w *world) source(files map[string]string) io.Reader {
	w.Helper()
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	for name, contents := range files {
		w.ok(archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(contents)), Typeflag: tar.TypeReg}))
		_, err := archive.Write([]byte(contents))
		w.ok(err)
	}
	w.ok(archive.Close())
	return &buffer
}

// release releases a build and waits until that has ended one way or the other.
func (w *world) release(of app.Build) app.Release {
	w.Helper()
	release, err := w.app.CreateRelease(w.Context(), w.who, app.NewRelease{Instance: w.instance.ID, Build: of.ID})
	w.ok(err)
	return w.settled(release.ID)
}

func (w *world) settled(id app.ID[app.Release]) app.Release {
	w.Helper()
	var release app.Release
	w.until("the release has ended", func() bool {
		var err error
		release, err = w.app.Release(w.Context(), w.who, id)
		return err == nil && !release.State.Moving()
	})
	return release
}

// deploy builds and releases, and expects both to succeed.
func (w *world) deploy(procfile string) app.Release {
	w.Helper()
	made := w.build(procfile)
	if made.State != app.BuildSucceeded {
		w.Fatalf("the build %s: %s", made.State, made.Message)
	}
	release := w.release(made)
	if release.State != app.ReleaseActive {
		w.Fatalf("v%d %s: %s", release.Number, release.State, release.Message)
	}
	return release
}

// page is what the instance's host answers.
func (w *world) page() string {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.front.URL, nil)
	w.ok(err)
	request.Host = w.instance.Domain
	response, err := http.DefaultClient.Do(request)
	w.ok(err)
	body, err := io.ReadAll(response.Body)
	w.ok(errors.Join(err, response.Body.Close()))
	return strings.TrimSpace(string(body))
}

// state is the state of a service.
func (w *world) state(service string) app.ServiceStatus {
	w.Helper()
	status, err := w.app.ServiceStatus(w.Context(), w.who, w.services[service].ID)
	w.ok(err)
	return status
}

// until waits until a condition holds.
func (w *world) until(what string, holds func() bool) {
	w.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			w.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// dial reports whether something listens at the address.
func dial(address string) bool {
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	_ = connection.Close() // it only had to open
	return true
}

// buildWith is build for a site that has a gondor.yml too.
func (w *world) buildWith(procfile, config string) app.Build {
	w.Helper()
	return w.upload(map[string]string{"Procfile": procfile, "gondor.yml": config})
}

// healthy is how many replicas of a service are.
func (w *world) healthy(service string) int {
	w.Helper()
	n := 0
	for _, replica := range w.state(service).Replicas {
		if replica.State == app.ReplicaHealthy {
			n++
		}
	}
	return n
}

// dataFile reads a file of the instance's DATA_DIR.
func (w *world) dataFile(name string) string {
	w.Helper()
	contents, err := os.ReadFile(w.dataPath(name))
	w.ok(err)
	return string(contents)
}
