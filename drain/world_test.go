package drain

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
	"gondor/store"
)

// admin may do everything.
var admin = app.Actor{User: "admin", Name: "admin", Admin: true}

// quick are times for tests: a thousandth of the usual ones, but for those of a batch.
var quick = Timing{Linger: 10 * time.Millisecond, First: time.Millisecond, Most: 60 * time.Millisecond, Patience: time.Second, Grace: 60 * time.Millisecond}

// world is an instance in a real store and with real logs.
type world struct {
	*testing.T
	dir      string
	store    *store.Store
	app      *app.App
	logs     *logfile.Store
	service  app.Service
	options  Options
	said     *heard // what drains say to the operator
	instance app.Instance
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := openWorld(t, t.TempDir())
	group, err := w.app.CreateGroup(t.Context(), admin, "team")
	must(t, err)
	site, err := w.app.CreateSite(t.Context(), admin, app.NewSite{Group: group.ID, Name: "shop"})
	must(t, err)
	w.instance, err = w.app.CreateInstance(t.Context(), admin, app.NewInstance{Site: site.ID, Label: app.PrimaryLabel, Kind: app.Production})
	must(t, err)
	w.service, err = w.app.CreateService(t.Context(), admin, app.NewService{Instance: w.instance.ID, Name: "web", Kind: app.Web})
	must(t, err)
	return w
}

// openWorld opens what another world left.
func openWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{T: t, dir: dir, said: &heard{}}
	kept, err := store.Open(t.Context(), filepath.Join(dir, "store"), slog.New(slog.DiscardHandler))
	must(t, err)
	vault, err := app.NewVault(make([]byte, app.VaultKeySize))
	must(t, err)
	w.store, w.logs = kept, logfile.NewStore(filepath.Join(dir, "logs"), logfile.DefaultLimits())
	t.Cleanup(func() { must(t, errors.Join(w.logs.Shut(), w.store.Close())) })
	w.app = app.New(app.Config{URL: &url.URL{Scheme: "https", Host: "gondor.test"}}, app.Ports{Store: kept, Vault: vault}, slog.New(slog.DiscardHandler))
	w.options = Options{Dir: filepath.Join(dir, "drains"), Logs: logs{w.logs}, Timing: quick, Log: slog.New(slog.NewTextHandler(w.said, nil))}
	return w
}

// limited gives the logs another budget.
func (w *world) limited(l logfile.Limits) {
	w.Helper()
	must(w.T, w.logs.Shut())
	w.logs = logfile.NewStore(filepath.Join(w.dir, "logs"), l)
	w.options.Logs = logs{w.logs}
}

// add makes a drain.
func (w *world) add(target string) app.Drain {
	w.Helper()
	drain, err := w.app.CreateDrain(w.Context(), admin, app.NewDrain{Instance: w.instance.ID, Target: target})
	must(w.T, err)
	return drain
}

// begin runs drains until stop is called or the test ends.
func (w *world) begin() (drains *Drains, stop func()) {
	w.Helper()
	drains = New(w.options)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := drains.Run(ctx, w.app, w.store); !errors.Is(err, context.Canceled) {
			w.Errorf("the drains ended: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	w.Cleanup(stop)
	return drains, stop
}

// write writes lines "line N" into the log of the service.
func (w *world) write(from, to int) {
	w.Helper()
	w.writeAt(time.Now(), from, to)
}

func (w *world) writeAt(at time.Time, from, to int) {
	w.Helper()
	var lines []app.LogLine
	for i := from; i <= to; i++ {
		lines = append(lines, app.LogLine{Time: at, Stream: app.Stdout, Replica: string(w.instance.ID) + "-web-v3.0-1", Text: text(i)})
	}
	must(w.T, w.logs.Write(app.ServiceLog(w.service), lines...))
}

func text(i int) string { return fmt.Sprintf("line %06d", i) }

// place is the file of a drain's place.
func (w *world) place(drain app.Drain) string {
	return filepath.Join(w.dir, "drains", string(drain.ID)+placeSuffix)
}

// eventually waits until something is so.
func (w *world) eventually(what string, so func() bool) {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("it does not come to this: %s; it was said:\n%s", what, w.said.String())
		}
	}
}

// logs are app.Logs over files, as engines have them.
type logs struct{ *logfile.Store }

// Append implements app.Logs.
func (l logs) Append(_ context.Context, log app.LogName, text string) error {
	return l.Store.Append(log, text)
}

// Write implements app.Logs.
func (l logs) Write(_ context.Context, log app.LogName, lines ...app.LogLine) error {
	return l.Store.Write(log, lines...)
}

// Close implements app.Logs.
func (l logs) Close(_ context.Context, log app.LogName) error { return l.Store.Close(log) }

// Drop implements app.Logs.
func (l logs) Drop(_ context.Context, log app.LogName) error { return l.Store.Drop(log) }

// heard is a text that is written and read at the same time.
type heard struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, p...)
	return len(p), nil
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.text)
}

// exists reports whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// poolOf trusts one certificate.
func poolOf(c *x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
