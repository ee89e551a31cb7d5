package router_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gondor/router"
)

func TestAnswersWithoutBodyHaveNone(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.Header().Set("Etag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "hello")
		}
	})))
	w := h.wire(t)
	for _, c := range []struct {
		method, path string
		status       int
		length       int64
		body         string
	}{
		{"GET", "/204", 204, 0, ""},
		{"HEAD", "/", 200, 5, ""},
		{"GET", "/304", 304, 0, ""},
		{"GET", "/", 200, 5, "hello"},
	} {
		response, body := w.send(c.method + " " + c.path + " HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer(c.method)
		equal(t, c.path, response.StatusCode, c.status)
		equal(t, c.method+c.path+" length", response.ContentLength, c.length)
		equal(t, c.path, body, c.body)
	}
}

func TestHTTP10GetsAnAnswerItUnderstands(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", answers(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n")))
	all := h.wire(t).send("GET / HTTP/1.0\r\nHost: a.example.com\r\n\r\n").rest()
	if strings.Contains(all, "chunked") || !strings.HasSuffix(all, "\r\n\r\nhi") {
		t.Errorf("got %q", all)
	}
}

func TestOldBackendsAreUnderstood(t *testing.T) {
	for name, answer := range map[string]string{
		"HTTP/1.0 until the end":         "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello",
		"bare line feeds":                "HTTP/1.1 200 OK\nConnection: close\n\nhello",
		"no reason":                      "HTTP/1.1 200\r\nConnection: close\r\n\r\nhello",
		"a space before the colon":       "HTTP/1.1 200 OK\r\nX-A : b\r\nConnection: close\r\n\r\nhello",
		"chunk extensions":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;x\r\n\r\n",
		"a hundred that nobody asked of": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, router.Options{}, routeTo("a.example.com", answers(t, answer)))
			status, body := h.get(t, "a.example.com", "/")
			equal(t, "status", status, 200)
			equal(t, "body", body, "hello")
		})
	}
}

func TestSlowClientsAreServed(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		_, _ = w.Write(bytes.Repeat(body, 1000))
	})))
	w := h.wire(t)
	for _, b := range []byte("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 5\r\n\r\nhello") {
		w.send(string(b))
	}
	_, body := w.answer("POST")
	equal(t, "length", len(body), 5000)
}

func TestAClientThatGoesAwayCancelsTheBackendsRequest(t *testing.T) {
	begun, canceled := make(chan struct{}), make(chan struct{})
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(_ http.ResponseWriter, req *http.Request) {
		close(begun)
		<-req.Context().Done()
		close(canceled)
	})))
	w := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-begun
	must(t, w.Close())
	select {
	case <-canceled:
	case <-time.After(10 * time.Second):
		t.Fatal("the backend was not told")
	}
	must(t, h.Drain(t.Context(), routeAddress(h)))
}

// routeAddress returns the first backend of a.example.com.
func routeAddress(h *house) string { return h.routes.known["a.example.com"].Backends[0].Address }

func TestAClientThatGoesAwayInItsUploadCancelsTheBackendsRequest(t *testing.T) {
	failed := make(chan error, 1)
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(_ http.ResponseWriter, req *http.Request) {
		_, err := io.Copy(io.Discard, req.Body)
		failed <- err
	})))
	w := h.wire(t).send("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 1000000\r\n\r\nsome")
	must(t, w.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("half a body looked whole")
		}
	case <-ctx.Done():
		t.Fatal("the backend was not told")
	}
}
