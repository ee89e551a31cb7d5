package inside

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// readiness answers the kubelet's probes.
type readiness struct {
	listener net.Listener
	ready    atomic.Bool
	ever     atomic.Bool
	first    chan struct{} // closed when ready for the first time
	once     sync.Once
}

// holdProbe is how long a probe is held while the program starts: for most of the second
// until the next one, so that the kubelet hears at once that it is ready.
const holdProbe = 900 * time.Millisecond

// openReadiness listens for probes.
func openReadiness(ctx context.Context, address string) (*readiness, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for readiness probes: %w", err)
	}
	return &readiness{listener: listener, first: make(chan struct{})}, nil
}

func (r *readiness) set(ready bool) {
	r.ready.Store(ready)
	if ready {
		r.ever.Store(true)
		r.once.Do(func() { close(r.first) })
	}
}

// serve answers until the listener is closed.
func (r *readiness) serve() {
	server := &http.Server{Handler: r, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, MaxHeaderBytes: 4 << 10}
	server.SetKeepAlivesEnabled(false)
	_ = server.Serve(r.listener) // always returns why it was closed
}

// ServeHTTP implements http.Handler.
func (r *readiness) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path != ReadinessPath {
		http.NotFound(w, q)
		return
	}
	select {
	case <-r.first:
	case <-q.Context().Done():
	case <-time.After(holdProbe):
	}
	switch {
	case !r.ready.Load():
		http.Error(w, "not ready", http.StatusServiceUnavailable)
	default:
		_, _ = io.WriteString(w, "ready\n") // whoever asked has gone
	}
}

// port is the one that probes come to.
func (r *readiness) port() int {
	if address, ok := r.listener.Addr().(*net.TCPAddr); ok {
		return address.Port
	}
	return 0
}
