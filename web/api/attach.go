package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"gondor/app"
)

// How long the ways of an attach may take.
const (
	endpointReady = 30 * time.Second // until the endpoint says ok
	silence       = 60 * time.Second // without a message or a ping: the server has gone
	alive         = 15 * time.Second // between two signs of life
)

// sourceChunk is how much of stdin is in one message: with all heads on its way to a process
// in a cluster it is no more than 32 KiB, in which those between pass it on.
const sourceChunk = 32<<10 - 64

// Attach joins streams to the process behind an endpoint until it ends, and returns how
// it ended, after all of its output has been written. Cancelling ctx leaves it; a Read
// of Stdin that waits then is given up, and what it returns is lost. Resizes are passed on
// until the channel is closed. A terminal whose connection is lost is joined again, for a
// minute, and goes on where it was.
func (c *Client) Attach(ctx context.Context, e Endpoint, s app.Streams) (app.Exit, error) {
	if err := c.awaitEndpoint(ctx, e); err != nil {
		return app.Exit{}, err
	}
	a := &attachment{streams: s, window: s.Window, outgoing: make(chan []byte), done: make(chan struct{})}
	a.dial = func(ctx context.Context, o PipeOptions) (*websocket.Conn, error) { return c.dialEndpoint(ctx, e, o) }
	if err := a.connect(ctx); err != nil {
		return app.Exit{}, err
	}
	exit, err := a.run(ctx)
	if err != nil {
		return app.Exit{}, c.broken(ctx, err)
	}
	return exit, nil
}

// awaitEndpoint polls the endpoint's ok until it is there.
func (c *Client) awaitEndpoint(ctx context.Context, e Endpoint) error {
	bounded, cancel := context.WithTimeout(ctx, endpointReady)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		ok, err := c.endpointOK(bounded, e)
		if ok || ctx.Err() != nil {
			return ctx.Err()
		}
		if app.CodeOf(err) == app.CodeConflict {
			return err
		}
		select {
		case <-bounded.Done():
			return endpointLate(c, err)
		case <-time.After(pause):
		}
	}
}

func endpointLate(c *Client, err error) error {
	if err != nil {
		return &UnreachableError{Server: c.base.String(), Cause: err}
	}
	return app.Fault(app.CodeUnavailable, "the process can't be joined: its endpoint is not there (any more)")
}

func (c *Client) endpointOK(ctx context.Context, e Endpoint) (bool, error) {
	at := c.endpointURL(c.base.Scheme, e, "ok")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return false, fmt.Errorf("read the address of an endpoint: %w", err)
	}
	response, err := (&http.Client{Transport: c.transport}).Do(req) // unlogged: the path is a secret
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusConflict || response.StatusCode == http.StatusGone {
		return false, app.Conflict("", "somebody has joined this process already")
	}
	return response.StatusCode == http.StatusOK, nil
}

func (c *Client) endpointURL(scheme string, e Endpoint, below string) string {
	host, path, _ := strings.Cut(e.Endpoint, "/")
	at := url.URL{Scheme: scheme, Host: host, Path: "/" + strings.Trim(path, "/") + "/" + below}
	return at.String()
}

// dialEndpoint opens the WebSocket.
func (c *Client) dialEndpoint(ctx context.Context, e Endpoint, o PipeOptions) (*websocket.Conn, error) {
	options, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("write the options of the terminal: %w", err)
	}
	dialer := websocket.Dialer{
		Proxy: c.transport.Proxy, NetDialContext: c.transport.DialContext, TLSClientConfig: c.transport.TLSClientConfig,
		HandshakeTimeout: 10 * time.Second, Subprotocols: []string{Subprotocol},
		ReadBufferSize: sourceChunk, WriteBufferSize: 2 * sourceChunk, // a message is one frame
	}
	scheme := map[string]string{"http": "ws", "https": "wss"}[c.base.Scheme]
	at := c.endpointURL(scheme, e, "")
	connection, response, err := dialer.DialContext(ctx, at, http.Header{PipeOptionsHeader: {string(options)}})
	if response != nil && response.StatusCode >= 400 {
		return nil, failureOf(response)
	}
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	return connection, nil
}
