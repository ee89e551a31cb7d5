package router_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"gondor/app"
	"gondor/router"
)

func TestPagesComeInTheFormThatTheClientLikes(t *testing.T) {
	h := open(t, router.Options{}, app.Route{Host: "empty.example.com", Notice: "Nothing has been <deployed> yet."})
	for _, c := range []struct {
		accept, kind string
		holds        string
	}{
		{"text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8", "Nothing has been &lt;deployed&gt; yet."},
		{"application/json", "application/json", `"status":503`},
		{"application/problem+json, text/html;q=0.5", "application/json", `"error":"Service Unavailable"`},
		{"text/html;q=0, */*", "text/plain; charset=utf-8", "Nothing has been <deployed> yet."},
		{"", "text/plain; charset=utf-8", "503 Service Unavailable\n"},
	} {
		req := h.request(t, "GET", "empty.example.com", "/", nil)
		req.Header.Set("Accept", c.accept)
		response := h.do(t, req)
		body, err := io.ReadAll(response.Body)
		must(t, err)
		equal(t, c.accept, response.Header.Get("Content-Type"), c.kind)
		equal(t, c.accept+" status", response.StatusCode, http.StatusServiceUnavailable)
		equal(t, "Retry-After", response.Header.Get("Retry-After"), "5")
		if !strings.Contains(string(body), c.holds) {
			t.Errorf("%s: got %s", c.accept, body)
		}
		if c.kind == "application/json" && !json.Valid(body) {
			t.Errorf("not JSON: %s", body)
		}
	}
}

func TestAPageForHEADHasALengthAndNoBody(t *testing.T) {
	h := open(t, router.Options{})
	w := h.wire(t)
	response, _ := w.send("HEAD / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer("HEAD")
	equal(t, "status", response.StatusCode, http.StatusNotFound)
	equal(t, "length", response.ContentLength > 0, true)
	_, body := w.send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer("GET")
	equal(t, "the next body", int64(len(body)), response.ContentLength)
}

func TestARouterThatDoesNotKnowItsRoutesYetSaysSo(t *testing.T) {
	listener := listen(t)
	r := router.New(router.Options{Logger: slog.New(slog.DiscardHandler)})
	h := &house{Router: r, address: listener.Addr().String()}
	background(t, func(ctx context.Context) error { return r.Serve(ctx, listener) })
	status, _ := h.get(t, "a.example.com", "/")
	equal(t, "status", status, http.StatusServiceUnavailable)
}

func TestCONNECTIsRefused(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, says("site"))))
	response, _ := h.wire(t).send("CONNECT a.example.com:80 HTTP/1.1\r\nHost: a.example.com:80\r\n\r\n").answer("GET")
	equal(t, "status", response.StatusCode, http.StatusMethodNotAllowed)
}
