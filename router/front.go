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
	connections int                   // that net/http has
	silent      map[net.Conn]struct{} // those of them that have asked nothing yet
	empty       chan struct{}         // closed when there are none; nil while nobody waits
	heard       chan struct{}         // the same of the silent ones
}

func newFront() *front { return &front{silent: map[net.Conn]struct{}{}} }

// farewell lets clients learn with their next answer that the connection ends, for so
// long at the least and, while connections are open, at the most. A connection that is
// simply closed while a request is on its way fails that request, and one that is not safe
// can't be sent again (RFC 9112 section 9.6).
func (f *front) farewell(least, most time.Duration) {
	f.leaving.Store(true)
	linger := time.NewTimer(least)
	defer linger.Stop()
	timer := time.NewTimer(max(least, most))
	defer timer.Stop()
	<-linger.C
	select {
	case <-f.await(&f.empty):
	case <-timer.C:
	}
}

// hear waits for so long at the most until every connection that was taken has asked
// something. A request that arrives only during the shutdown net/http leaves unanswered.
func (f *front) hear(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-f.await(&f.heard):
	case <-timer.C:
	}
}

// await puts a channel in a place of f, empty or heard, which tell closes in its time.
func (f *front) await(place *chan struct{}) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting := make(chan struct{})
	*place = waiting
	f.tell()
	return waiting
}

// count follows the connections, as http.Server.ConnState.
func (f *front) count(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.silent, c)
	switch state {
	case http.StateNew:
		f.connections++
		f.silent[c] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		f.connections--
	}
	f.tell()
}

// tell wakes who waits for connections. The caller holds the lock.
func (f *front) tell() {
	if f.connections == 0 {
		f.empty = done(f.empty)
	}
	if len(f.silent) == 0 {
		f.heard = done(f.heard)
	}
}

// done closes a channel if somebody waits for it.
func done(c chan struct{}) chan struct{} {
	if c != nil {
		close(c)
	}
	return nil
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
