package router_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"gondor/router"
)

// RFC 9112 sections 6.1, 6.3 and 11.2: whatever another server in front could have read
// differently, what is hidden in it never becomes a request.
func TestNothingIsSmuggled(t *testing.T) {
	var smuggled atomic.Bool
	address := site(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/hidden" {
			smuggled.Store(true)
		}
		_, _ = io.Copy(io.Discard, req.Body)
	})
	h := open(t, router.Options{}, routeTo("a.example.com", address))
	const hidden = "GET /hidden HTTP/1.1\r\nHost: a.example.com\r\n\r\n"
	for _, c := range []struct{ name, request string }{
		{"length and coding", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"coding and length", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
		{"two lengths", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 0\r\nContent-Length: 48\r\n\r\n"},
		{"a list of lengths", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 0, 48\r\n\r\n"},
		{"a negative length", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: -1\r\n\r\n"},
		{"a length with a sign", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: +0\r\n\r\n"},
		{"a length in hex", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 0x0\r\n\r\n"},
		{"a coding twice", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a coding list", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		{"an odd coding", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
		{"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a.example.com\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"a space before the colon", "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length : 0\r\n\r\n"},
		{"a malformed chunk", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"},
		{"an endless chunk size", "POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			smuggled.Store(false)
			w := h.wire(t).send(c.request + hidden)
			must(t, w.CloseWrite())
			if n := strings.Count(w.rest(), "HTTP/1.1 "); n > 1 {
				t.Errorf("%d answers", n)
			}
			equal(t, "smuggled", smuggled.Load(), false)
		})
	}
}

func TestARequestReachesTheBackendInOneFraming(t *testing.T) {
	for _, c := range []struct{ name, framing, body, want string }{
		{"a length stays", "Content-Length: 2\r\n", "hi", "Content-Length: 2\r\n"},
		{"an empty one too", "Content-Length: 0\r\n", "", "Content-Length: 0\r\n"},
		{"the same twice is one", "Content-Length: 2\r\nContent-Length: 2\r\n", "hi", "Content-Length: 2\r\n"},
		{"chunks stay", "Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := seen(t, router.Options{}, "POST / HTTP/1.1\r\nHost: a.example.com\r\n"+c.framing+"\r\n"+c.body)
			equal(t, c.want, strings.Count(head, c.want), 1)
			equal(t, "framing fields", strings.Count(head, "Content-Length:")+strings.Count(head, "Transfer-Encoding:"), 1)
		})
	}
}
