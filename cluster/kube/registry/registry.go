package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // the driver registers itself
	"golang.org/x/sys/unix"

	"gondor/app"
)

// The paths that are not those of the distribution specification.
const (
	healthPath = "/healthz"
	keepPath   = "/gondor/keep"
	usagePath  = "/gondor/usage"
)

// Registry is an HTTP handler. It is safe for concurrent use. Of all registries of all
// processes, one can be open per directory.
type Registry struct {
	options Options
	root    *os.Root // of Options.Data
	lock    *os.File
	next    *handlers.App // the registry proper
	gate    *gate
	disk    *disk
	mux     *http.ServeMux
}

// Open opens the registry of a directory. CodeConflict when another process has it.
func Open(o Options) (_ *Registry, err error) {
	o = o.withDefaults()
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the registry: %w", err)
	}
	r := &Registry{options: o, gate: newGate()}
	if r.lock, err = lock(filepath.Join(o.Data, "lock")); err != nil {
		return nil, err
	}
	if r.root, err = os.OpenRoot(o.Data); err != nil {
		return nil, errors.Join(fmt.Errorf("open the directory of the registry: %w", err), r.lock.Close())
	}
	r.disk = &disk{root: r.root, budget: o.Budget}
	quiet(o.Logger)
	if err := errors.Join(r.disk.measure(), register()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.next = handlers.NewApp(context.Background(), o.configuration())
	r.route()
	return r, nil
}

// Close lets another process open the directory.
func (r *Registry) Close() error {
	err := errors.Join(r.root.Close(), r.lock.Close())
	if r.next != nil {
		err = errors.Join(err, r.next.Shutdown())
	}
	return err
}

// ServeHTTP implements http.Handler.
func (r *Registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mux.ServeHTTP(w, request)
}

func (r *Registry) route() {
	r.mux = http.NewServeMux()
	r.mux.HandleFunc("GET "+healthPath, r.health)
	r.mux.HandleFunc("POST "+keepPath, r.serveKeep)
	r.mux.HandleFunc("GET "+usagePath, r.serveUsage)
	r.mux.Handle("/", r.within(r.gated(r.renewed(r.next))))
}

// health answers 200 as long as the directory can be read. A full registry is in good
// health: everybody can still pull.
func (r *Registry) health(w http.ResponseWriter, _ *http.Request) {
	if _, err := r.root.Stat("."); err != nil {
		refuse(w, http.StatusServiceUnavailable, "UNAVAILABLE", "The directory of the registry can't be read.")
		return
	}
	w.WriteHeader(http.StatusOK)
}

// configuration is what the registry proper is told. It caches nothing, for what the
// garbage collection removes must be gone at once; and it purges no uploads, for the
// collection does.
func (o Options) configuration() *configuration.Configuration {
	c := &configuration.Configuration{
		Version: configuration.CurrentVersion,
		Storage: configuration.Storage{
			"filesystem":  {"rootdirectory": o.Data},
			"delete":      {"enabled": true},
			"redirect":    {"disable": true},
			"maintenance": {"uploadpurging": map[any]any{"enabled": false}},
		},
		Auth:    configuration.Auth{controllerName: {controllerKey: o.Key}},
		Catalog: configuration.Catalog{MaxEntries: 1000},
		Tags:    configuration.Tags{MaxTags: 1000},
	}
	c.Log.AccessLog.Disabled = true
	c.HTTP.RelativeURLs = true // everybody reaches it by another name
	c.HTTP.Secret = o.uploadSecret()
	return c
}

// uploadSecret signs where an upload stands, so that it goes on after a restart.
func (o Options) uploadSecret() string {
	sum := hmac.New(sha256.New, o.Key)
	sum.Write([]byte("state of an upload")) // never fails
	return hex.EncodeToString(sum.Sum(nil))
}

// lock keeps other processes out; a process that dies leaves it.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the registry: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = app.Conflict("data", "another registry runs on %s; end it first", filepath.Dir(path))
		}
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
