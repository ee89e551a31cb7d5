package router

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// front is one Serve, as its connections and tunnels see it: net/http forgets connections
// that are taken over.
type front struct {
	tunnels sync.WaitGroup
	leaving atomic.Bool // every answer closes its connection
	closing atomic.Bool // tunnels close too

	mu          sync.Mutex
	connections int           // that net/http has
	empty       chan struct{} // closed when there are none; nil while nobody waits
}

func newFront() *front { return &front{} }

// farewell lets clients learn with their next answer that the connection ends, for so
// long at the least and, while connections are open, at the most. A connection that is simply closed while a request is on its way
// fails that request, and one that is not safe can't be sent again (RFC 9112 section
// 9.6).
func (f *front) farewell(least, most time.Duration) {
	f.leaving.Store(true)
	linger := time.NewTimer(least)
	defer linger.Stop()
	timer := time.NewTimer(max(least, most))
	defer timer.Stop()
	<-linger.C
	select {
	case <-f.emptied():
	case <-timer.C:
	}
}

// emptied returns a channel that is closed when no connection is open.
func (f *front) emptied() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.empty = make(chan struct{})
	f.tell()
	return f.empty
}

// count follows the connections, as http.Server.ConnState.
func (f *front) count(_ net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch state {
	case http.StateNew:
		f.connections++
	case http.StateClosed, http.StateHijacked:
		f.connections--
		f.tell()
	}
}

// tell wakes who waits for the end of all connections. The caller holds the lock.
func (f *front) tell() {
	if f.connections == 0 && f.empty != nil {
		close(f.empty)
		f.empty = nil
	}
}

// connKey and frontKey are the context keys of the client's net.Conn and of the front
// that accepted it.
type (
	connKey  struct{}
	frontKey struct{}
)

func (f *front) context(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(context.WithValue(ctx, frontKey{}, f), connKey{}, c)
}

// frontOf returns the front of a request; one of its own for a request that another
// server than Serve's has accepted.
func frontOf(req *http.Request) *front {
	if f, ok := req.Context().Value(frontKey{}).(*front); ok {
		return f
	}
	return newFront()
}
