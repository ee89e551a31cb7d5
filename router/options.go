package router

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"time"
)

// Options are what a router is told when it is made. The zero value routes, trusts
// nobody and keeps no access log.
type Options struct {
	// Own returns the handler of a host of Gondor itself, or nil when the host is not
	// one. The host comes in lower case without port. Own hosts win over routes. It is
	// called for every request and concurrently. Nil: there are none.
	Own func(host string) http.Handler
	// OwnAddress serves the requests that name no host: an IP literal, or nothing (as
	// HTTP/1.0 may). Nil: the page of an unknown host answers them.
	OwnAddress http.Handler
	// TrustedProxies are the peers whose forwarding header fields are believed.
	TrustedProxies []netip.Prefix
	// AccessLog is told of every request to a route when it has ended, and of those
	// that no host took. Nil: nobody is.
	AccessLog AccessLog
	Limits    Limits
	// Logger takes what operators should know. Nil: slog.Default.
	Logger *slog.Logger
}

// Limits are the times that a router waits. Zero takes the default.
type Limits struct {
	Head     time.Duration // for the head of a client's request; 30 s
	Idle     time.Duration // for the next request on a client's connection; 2 min
	Connect  time.Duration // for a backend to take a connection; 1 s
	Answer   time.Duration // for the head of a backend's answer, once asked; 5 min
	Kept     time.Duration // how long an unused connection to a backend is kept; 1 min
	Linger   time.Duration // for which Serve takes connections at the least when it ends; 0
	Farewell time.Duration // for clients to hear, with an answer, that Serve ends; 1 s
	Shutdown time.Duration // for requests in flight then; 30 s
}

func (l Limits) orDefaults() Limits {
	return Limits{
		Head:     cmp.Or(l.Head, 30*time.Second),
		Idle:     cmp.Or(l.Idle, 2*time.Minute),
		Connect:  cmp.Or(l.Connect, time.Second),
		Answer:   cmp.Or(l.Answer, 5*time.Minute),
		Kept:     cmp.Or(l.Kept, time.Minute),
		Linger:   l.Linger,
		Farewell: cmp.Or(l.Farewell, time.Second),
		Shutdown: cmp.Or(l.Shutdown, 30*time.Second),
	}
}

func (o Options) orDefaults() Options {
	o.Limits = o.Limits.orDefaults()
	if o.Own == nil {
		o.Own = func(string) http.Handler { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}
