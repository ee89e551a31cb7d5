package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gondor/app"
	"gondor/notify"
	"gondor/runner"
	"gondor/store"
	"gondor/web/api"
)

// password is everybody's.
const password = "correct horse battery staple"

// world is the HTTP face over a real domain, store and runner on a real listener.
type world struct {
	t      *testing.T
	dir    string
	app    *app.App
	store  *store.Store
	engine *engine
	server *httptest.Server
	logs   *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// newWorld opens the store of a directory and serves it. Nothing runs yet.
func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{t: t, dir: dir, engine: newEngine(), logs: &safeBuffer{}}
	log := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	kept, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	must(t, err)
	w.store = kept
	vault, err := app.NewVault(make([]byte, app.VaultKeySize))
	must(t, err)
	at, _ := url.Parse("https://gondor.test")
	endpoints := runner.New(log)
	w.app = app.New(app.Config{URL: at}, app.Ports{
		Store: kept, Vault: vault, Workloads: w.engine, Processes: processes{w.engine},
		Builder: w.engine, Sources: w.engine, Logs: w.engine, Endpoints: endpoints, Notifier: notify.New(notify.Options{}), Disk: w.engine,
	}, log)
	w.server = httptest.NewServer(New(Options{App: w.app, URL: at, Endpoints: endpoints, Log: log}))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- endpoints.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
		w.server.Close()
		must(t, kept.Close())
	})
	return w
}

// run starts the domain's own work.
func (w *world) run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.app.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			w.t.Errorf("the domain stopped: %v", err)
		}
	})
}

// freeze closes a world's store and returns its file, so that others begin with it.
func freeze(t *testing.T, fill func(w *world)) string {
	t.Helper()
	dir := t.TempDir()
	t.Run("fill", func(t *testing.T) { fill(newWorld(t, dir)) })
	return dir
}

// thaw is a world that begins with a frozen one's contents.
func thaw(t *testing.T, frozen string) *world {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(frozen)))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, file := range files {
		must(t, os.Chmod(file, 0o600))
	}
	return newWorld(t, dir)
}

// put stores records as they are.
func (w *world) put(fn func(tx app.Tx) error) {
	w.t.Helper()
	must(w.t, w.store.Update(w.t.Context(), fn))
}

// idOf makes the ID of a record from its name, the same in every world.
func idOf[T any](name string) app.ID[T] {
	sum := sha256.Sum256([]byte(name))
	id := make([]byte, 16)
	for i := range id {
		id[i] = "0123456789abcdefghijklmnopqrstuv"[sum[i]%32]
	}
	return app.ID[T](id)
}

// person makes a user whose access token is their name.
func (w *world) person(name string, admin bool) {
	w.t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	must(w.t, err)
	token := sha256.Sum256([]byte(name))
	id := idOf[app.User](name)
	w.put(func(tx app.Tx) error {
		number, err := tx.Groups().Next()
		group := app.ResourceGroup{ID: idOf[app.ResourceGroup](name), Number: number, Name: name, Personal: id}
		return errors.Join(
			err,
			tx.Users().Put(app.User{ID: id, Name: name, Email: name + "@example.com", Password: hash, Admin: admin, Created: time.Now()}),
			tx.Groups().Put(group),
			tx.Members().Put(app.Member{ID: idOf[app.Member](name), Group: group.ID, User: id, Role: app.Owner}),
			tx.Tokens().Put(app.Token{
				ID: app.ID[app.Token](hex.EncodeToString(token[:])), User: id, Kind: app.TokenAccess,
				Created: time.Now(), Expires: time.Now().Add(time.Hour),
			}),
		)
	})
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request; body may be nil, a string, or what becomes JSON.
func (w *world) ask(method, path, token string, body any) answer {
	w.t.Helper()
	return w.send(w.request(method, path, token, body))
}

func (w *world) request(method, path, token string, body any) *http.Request {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		must(w.t, err)
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, reader)
	must(w.t, err)
	request.Host = "gondor.test"
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	request.Header.Set("Accept", "application/json")
	return request
}

func (w *world) send(request *http.Request) answer {
	w.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	must(w.t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	must(w.t, err)
	return answer{status: response.StatusCode, header: response.Header, body: strings.TrimSpace(string(data))}
}

// client is an api.Client that is signed in as somebody.
func (w *world) client(name string) *api.Client {
	at, err := url.Parse(w.server.URL)
	must(w.t, err)
	c := api.NewClient(api.Options{URL: at, Tokens: api.StaticToken(name), Name: "test 1"})
	w.t.Cleanup(c.Close)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		if condition() {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatalf("it never happened: %s", what)
}

// url is where the world says it is.
func (w *world) url() *url.URL { return &url.URL{Scheme: "https", Host: "gondor.test"} }
