package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// ClientID is the client_id that Client signs in with.
const ClientID = "gondor"

// Tokens keeps a client's sign-in between its runs. It is safe for concurrent use.
type Tokens interface {
	// Load returns the newest grant, a zero Grant when nobody is signed in.
	Load(ctx context.Context) (Grant, error)
	// Save keeps a grant in place of the one before.
	Save(ctx context.Context, g Grant) error
}

// StaticToken is an access token from elsewhere that is never renewed.
type StaticToken string

// Load implements Tokens.
func (t StaticToken) Load(context.Context) (Grant, error) { return Grant{AccessToken: string(t)}, nil }

// Save implements Tokens; it always fails, as there is nowhere to keep a grant.
func (t StaticToken) Save(context.Context, Grant) error {
	return errors.New("the token was given for this run only and can't be renewed")
}

// MemoryTokens keeps a grant as long as the value lives. The zero value is ready.
type MemoryTokens struct {
	mu    sync.Mutex
	grant Grant
}

// Load implements Tokens.
func (t *MemoryTokens) Load(context.Context) (Grant, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.grant, nil
}

// Save implements Tokens.
func (t *MemoryTokens) Save(_ context.Context, g Grant) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.grant = g
	return nil
}

// Options are what a Client needs to know.
type Options struct {
	// URL is where the server is reached: scheme and host. Required.
	URL *url.URL
	// Tokens keeps the sign-in; a MemoryTokens when nil.
	Tokens Tokens
	// Name is sent as X-Gondor-Client: "gondor 1.2.3". Nothing is sent when empty.
	Name string
	// LogHTTP gets every request and its answer, without secrets, unless nil.
	LogHTTP io.Writer
	// HTTP makes the connections; one with sensible limits when nil.
	HTTP *http.Transport
}

// Client calls the API of one server. Errors of the server come back as the *app.Error
// or app.Errors that it had; one that can't be reached is an *UnreachableError. It is
// safe for concurrent use.
type Client struct {
	options   Options
	base      *url.URL
	http      *http.Client
	transport *http.Transport
	renewal   sync.Mutex // held while a token is renewed, so that it is renewed once
}

// NewClient returns a client. It makes no connection.
func NewClient(o Options) *Client {
	if o.Tokens == nil {
		o.Tokens = &MemoryTokens{}
	}
	if o.HTTP == nil {
		o.HTTP = newTransport()
	}
	c := &Client{options: o, transport: o.HTTP}
	c.base = &url.URL{Scheme: o.URL.Scheme, Host: o.URL.Host}
	c.http = &http.Client{Transport: o.HTTP, CheckRedirect: sameHost}
	if o.LogHTTP != nil {
		c.http.Transport = &wireLog{next: o.HTTP, out: o.LogHTTP}
	}
	return c
}

// URL returns where the server is reached: scheme and host.
func (c *Client) URL() *url.URL { return c.base.JoinPath("/") }

// Close ends the idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// newTransport limits how long it takes to connect, never how long an answer may flow.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: 2 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       60 * time.Second,
	}
}

// sameHost follows redirects only within the server, so that a token never travels.
func sameHost(r *http.Request, via []*http.Request) error {
	if len(via) > 3 || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}
