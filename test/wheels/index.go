// Package wheels serves Python packages to tests where no public index can be reached:
// it packs what Debian has installed (python3-django, gunicorn, python3-whitenoise,
// python3-dj-database-url and what these need) into wheels, and shows them as a simple
// index behind a password.
package wheels

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

// Packages is where Debian keeps the packages of its own Python.
const Packages = "/usr/lib/python3/dist-packages"

// user is who may read the index; the password is a new one for each.
const user = "builder"

// Index is a simple index (PEP 503) on loopback.
type Index struct {
	// URL is the index with user and password in it, as PIP_INDEX_URL takes it.
	URL string
	// Password is the secret in URL, which must turn up nowhere else.
	Password string

	found  map[string]distribution
	mutex  sync.Mutex
	packed map[string][]byte // wheels by their distributions' names
	server http.Server
}

// Start serves the packages below root, Packages or another. Stop it with Close.
func Start(root string) (*Index, error) {
	found, err := find(root)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the index: %w", err)
	}
	x := &Index{Password: rand.Text(), found: found, packed: map[string][]byte{}}
	address := url.URL{Scheme: "http", User: url.UserPassword(user, x.Password), Host: listener.Addr().String(), Path: "/simple/"}
	x.URL = address.String()
	x.server = http.Server{Handler: x.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = x.server.Serve(listener) }() // ends with Close, and says nothing else
	return x, nil
}

// Close stops the index and ends what is being fetched.
func (x *Index) Close() error { return x.server.Close() }

// Serve starts an index of Debian's packages for one test, which is skipped when one
// of the required packages is not installed.
func Serve(t testing.TB, required ...string) *Index {
	t.Helper()
	if _, err := os.Stat(Packages); errors.Is(err, os.ErrNotExist) {
		t.Skip("Debian's Python packages are not installed, so there are none to make wheels of")
	}
	x, err := Start(Packages)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	for _, name := range required {
		if _, ok := x.found[normal(name)]; !ok {
			t.Skipf("Debian's package of %s is not installed, so there is no wheel to be made of it", name)
		}
	}
	return x
}

func (x *Index) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /simple/{name}/", x.project)
	mux.HandleFunc("GET /files/{name}/{file}", x.file)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		if name != user || subtle.ConstantTimeCompare([]byte(password), []byte(x.Password)) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="wheels"`)
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// project lists the one wheel of a distribution.
func (x *Index) project(w http.ResponseWriter, r *http.Request) {
	name := normal(r.PathValue("name"))
	data, err := x.wheel(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	file := x.found[name].wheelName()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<a href=\"/files/%s/%s#sha256=%x\">%s</a>\n", name, file, sha256.Sum256(data), file)
}

func (x *Index) file(w http.ResponseWriter, r *http.Request) {
	data, err := x.wheel(r.PathValue("name"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	http.ServeContent(w, r, r.PathValue("file"), time.Time{}, bytes.NewReader(data))
}

// wheel packs a distribution when it is asked for first.
func (x *Index) wheel(name string) ([]byte, error) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if data := x.packed[name]; data != nil {
		return data, nil
	}
	d, ok := x.found[name]
	if !ok {
		return nil, fmt.Errorf("there is no %s", name)
	}
	data, err := d.wheel()
	if err == nil {
		x.packed[name] = data
	}
	return data, err
}
