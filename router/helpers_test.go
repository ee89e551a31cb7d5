package router_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/router"
)

// routes is a RouteSource that a test writes.
type routes struct {
	mu      sync.Mutex
	known   map[string]app.Route
	changes chan told
}

type told struct {
	change app.RouteChange
	done   chan struct{}
}

func newRoutes(list ...app.Route) *routes {
	s := &routes{known: map[string]app.Route{}, changes: make(chan told)}
	for _, one := range list {
		s.known[one.Host] = one
	}
	return s
}

func (s *routes) Routes(ctx context.Context, fn func(app.RouteChange)) error {
	s.mu.Lock()
	for _, one := range s.known {
		fn(app.RouteChange{Route: one})
	}
	s.mu.Unlock()
	fn(app.RouteChange{Synced: true})
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case t := <-s.changes:
			fn(t.change)
			close(t.done)
		}
	}
}

// tell returns when the change is in force.
func (s *routes) tell(change app.RouteChange) {
	t := told{change, make(chan struct{})}
	s.changes <- t
	<-t.done
}

func (s *routes) set(host string, addresses ...string) {
	s.tell(app.RouteChange{Route: routeTo(host, addresses...)})
}

func routeTo(host string, addresses ...string) app.Route {
	r := app.Route{Host: host, Instance: "i1", Service: "web"}
	for _, a := range addresses {
		r.Backends = append(r.Backends, app.Backend{Replica: a, Address: a})
	}
	return r
}

// house is a router that serves, with its routes.
type house struct {
	*router.Router
	routes  *routes
	address string
	stop    func() // ends Serve and waits for it
}

// open serves a router with these routes until the test ends.
func open(t testing.TB, options router.Options, list ...app.Route) *house {
	t.Helper()
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	h := &house{Router: router.New(options), routes: newRoutes(list...)}
	listener := listen(t)
	h.address = listener.Addr().String()
	h.stop = background(t, func(ctx context.Context) error { return h.Serve(ctx, listener) })
	background(t, func(ctx context.Context) error { return h.Run(ctx, h.routes) })
	h.routes.tell(app.RouteChange{Route: app.Route{Host: "synced.invalid"}})
	return h
}

// background runs fn until the returned function is called or the test ends.
func background(t testing.TB, fn func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// site is a backend that net/http serves.
func site(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// rawSite is a backend that speaks raw bytes, one call per connection.
func rawSite(t testing.TB, serve func(net.Conn, *bufio.Reader)) string {
	t.Helper()
	listener := listen(t)
	var open sync.WaitGroup
	t.Cleanup(open.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c, bufio.NewReader(c))
			})
		}
	}()
	return listener.Addr().String()
}

// answers is a raw backend that reads heads and answers each with these bytes.
func answers(t testing.TB, answer string) string {
	return rawSite(t, func(c net.Conn, in *bufio.Reader) {
		for {
			if _, err := readHead(in); err != nil {
				return
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
			if !strings.Contains(answer, "Content-Length") && !strings.Contains(answer, "chunked") {
				return
			}
		}
	})
}

// readHead reads lines up to the empty one.
func readHead(in *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return head.String(), err
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return head.String(), nil
		}
		head.WriteString(line)
	}
}

// wire is a client's connection of raw bytes.
type wire struct {
	t testing.TB
	*net.TCPConn
	in *bufio.Reader
}

func (h *house) wire(t testing.TB) *wire {
	t.Helper()
	c, err := net.Dial("tcp", h.address)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return &wire{t, c.(*net.TCPConn), bufio.NewReader(c)}
}

func (w *wire) send(text string) *wire {
	w.t.Helper()
	_, err := io.WriteString(w.TCPConn, text)
	must(w.t, err)
	return w
}

// answer reads one answer to a request of the method.
func (w *wire) answer(method string) (*http.Response, string) {
	w.t.Helper()
	response, err := http.ReadResponse(w.in, &http.Request{Method: method})
	must(w.t, err)
	body, err := io.ReadAll(response.Body)
	must(w.t, err)
	return response, string(body)
}

// rest reads all that comes until the end of the connection.
func (w *wire) rest() string {
	w.t.Helper()
	all, err := io.ReadAll(w.in)
	if err != nil {
		return string(all) + " (" + err.Error() + ")"
	}
	return string(all)
}

// get sends a request for the host by a client of its own and returns status and body.
func (h *house) get(t testing.TB, host, path string) (int, string) {
	t.Helper()
	response := h.do(t, h.request(t, http.MethodGet, host, path, nil))
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(body)
}

func (h *house) request(t testing.TB, method, host, path string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.address+path, body)
	must(t, err)
	req.Host = host
	return req
}

func (h *house) do(t testing.TB, req *http.Request) *http.Response {
	t.Helper()
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: 10 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	response, err := transport.RoundTrip(req)
	must(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
