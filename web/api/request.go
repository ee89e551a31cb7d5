package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"gondor/app"
)

// maxAnswer bounds the answers that are read whole.
const maxAnswer = 64 << 20

// request is one call before it is signed in.
type request struct {
	method string
	path   string // "/v2/sites/", or an absolute URL of the server
	query  url.Values
	body   any     // sent as JSON unless nil
	stream *source // sent as a tar unless nil, once
	accept string  // application/json when empty
}

// source is a stream that knows whether somebody has begun to read it.
type source struct {
	io.Reader
	begun atomic.Bool
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	s.begun.Store(true)
	return s.Reader.Read(p)
}

// begun reports whether the request can't be made a second time.
func (r request) begun() bool { return r.stream != nil && r.stream.begun.Load() }

// do makes the call signed in and decodes the answer into T.
func do[T any](ctx context.Context, c *Client, r request) (T, error) {
	var answer T
	response, err := c.send(ctx, r)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	if err := decodeAnswer(response.Body, &answer); err != nil {
		return answer, fmt.Errorf("read the answer to %s %s: %w", r.method, r.path, c.torn(ctx, err))
	}
	return answer, nil
}

// torn tells of an answer that could not be read: a server that went away in the middle of
// it is unreachable, one that answers something else is not.
func (c *Client) torn(ctx context.Context, err error) error {
	var wire net.Error
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &wire) {
		return c.unreachable(ctx, err)
	}
	return err
}

// call makes the call signed in, for its effect alone.
func call(ctx context.Context, c *Client, r request) error {
	response, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return do[T](ctx, c, request{method: http.MethodGet, path: path, query: query})
}

func post[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	return do[T](ctx, c, request{method: http.MethodPost, path: path, body: body})
}

func patch[T any](ctx context.Context, c *Client, at Reference, body any) (T, error) {
	return do[T](ctx, c, request{method: http.MethodPatch, path: string(at), body: body})
}

func remove(ctx context.Context, c *Client, at Reference) error {
	return call(ctx, c, request{method: http.MethodDelete, path: string(at)})
}

func decodeAnswer(body io.Reader, answer any) error {
	return json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(answer)
}

// send makes the call with the token at hand, and once more with a new one when the
// server does not know that one any more. The answer is a 2xx; its body is open.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	grant, err := c.options.Tokens.Load(ctx)
	if err != nil {
		return nil, err
	}
	response, err := c.once(ctx, r, grant.AccessToken)
	if app.CodeOf(err) != app.CodeUnauthenticated || r.begun() {
		return response, err
	}
	renewed, failed := c.renew(ctx, grant)
	if failed != nil {
		return nil, failed
	}
	if renewed.AccessToken == grant.AccessToken {
		return nil, err
	}
	return c.once(ctx, r, renewed.AccessToken)
}

// once makes the call with one token.
func (c *Client) once(ctx context.Context, r request, token string) (*http.Response, error) {
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return c.exchange(req)
}

// exchange sends a request and turns everything but a 2xx into an error.
func (c *Client) exchange(req *http.Request) (*http.Response, error) {
	if c.options.Name != "" {
		req.Header.Set("X-Gondor-Client", c.options.Name)
	}
	response, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(req.Context(), err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, failureOf(response)
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	at, err := c.locate(r.path, r.query)
	if err != nil {
		return nil, err
	}
	body, kind, err := payload(r)
	if err != nil {
		return nil, fmt.Errorf("write the body of %s %s: %w", r.method, r.path, err)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, at, body)
	if err != nil {
		return nil, fmt.Errorf("make the request %s %s: %w", r.method, r.path, err)
	}
	if r.stream != nil {
		req.Header.Set("Expect", "100-continue") // a refusal comes before the source goes
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json")
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	return req, nil
}

// locate returns the URL of a path, or of an absolute URL, on the server. A URL of
// another server is refused, so that a token never travels there.
func (c *Client) locate(path string, query url.Values) (string, error) {
	at, err := url.Parse(path)
	if err != nil {
		return "", app.Invalid("url", "%q is not a URL", path)
	}
	if at.Host != "" && !strings.EqualFold(at.Host, c.base.Host) {
		return "", app.Invalid("url", "%s is not of the server %s", path, c.base)
	}
	at.Scheme, at.Host = c.base.Scheme, c.base.Host
	if len(query) > 0 {
		at.RawQuery = query.Encode()
	}
	return at.String(), nil
}

func payload(r request) (body io.Reader, kind string, err error) {
	switch {
	case r.stream != nil:
		return r.stream, "application/x-tar", nil
	case r.body == nil:
		return nil, "", nil
	}
	data, err := json.Marshal(r.body)
	return bytes.NewReader(data), "application/json", err
}

// failureOf returns the error that an answer tells of.
func failureOf(response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		body = nil // the status alone says what kind of error it is
	}
	failure := DecodeError(response.StatusCode, body)
	id := response.Header.Get("X-Request-Id")
	if app.CodeOf(failure) == app.CodeInternal && id != "" {
		return app.Fault(app.CodeInternal, "the server failed (%s); its log tells why under the request %s", failure, id)
	}
	return failure
}
