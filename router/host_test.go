package router_test

import (
	"net/http"
	"strings"
	"testing"

	"gondor/router"
)

func TestTheHostFindsTheSite(t *testing.T) {
	exact, wild, own, bare := site(t, says("exact")), site(t, says("wild")), says("own"), says("bare")
	h := open(t, router.Options{
		Own: func(host string) http.Handler {
			if host == "gondor.example.com" {
				return own
			}
			return nil
		},
		OwnAddress: bare,
	}, routeTo("a.example.com", exact), routeTo("*.example.com", wild), routeTo("gondor.example.com", exact))
	for _, c := range []struct{ name, request, body string }{
		{"an exact name", "GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n", "exact"},
		{"whatever its case", "GET / HTTP/1.1\r\nHost: A.Example.COM\r\n\r\n", "exact"},
		{"without its port", "GET / HTTP/1.1\r\nHost: a.example.com:8080\r\n\r\n", "exact"},
		{"without the dot of the root", "GET / HTTP/1.1\r\nHost: a.example.com.\r\n\r\n", "exact"},
		{"a wildcard for one label", "GET / HTTP/1.1\r\nHost: b.example.com\r\n\r\n", "wild"},
		{"not for two", "GET / HTTP/1.1\r\nHost: c.b.example.com\r\n\r\n", "404"},
		{"not for none", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "404"},
		{"a target in absolute form rules", "GET http://a.example.com/x HTTP/1.1\r\nHost: b.example.com\r\n\r\n", "exact"},
		{"a host of Gondor wins over routes", "GET / HTTP/1.1\r\nHost: gondor.example.com\r\n\r\n", "own"},
		{"an address is Gondor", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", "bare"},
		{"an IPv6 address too", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "bare"},
		{"and HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", "bare"},
		{"an unknown name is 404", "GET / HTTP/1.1\r\nHost: other.org\r\n\r\n", "404"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, body := h.wire(t).send(c.request).answer("GET")
			if !strings.HasPrefix(body, c.body) {
				t.Errorf("got %q, want %q", body, c.body)
			}
		})
	}
}

// RFC 9112 section 3.2.
func TestAHostThatIsMissingDoubleOrInvalidIsRefused(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, says("site"))))
	for _, c := range []struct{ name, hosts string }{
		{"missing", ""},
		{"empty", "Host: \r\n"},
		{"double", "Host: a.example.com\r\nHost: a.example.com\r\n"},
		{"two in one", "Host: a.example.com, b.example.com\r\n"},
		{"with a path", "Host: a.example.com/x\r\n"},
		{"with a user", "Host: u@a.example.com\r\n"},
		{"with a space", "Host: a example.com\r\n"},
		{"with a port that is none", "Host: a.example.com:http\r\n"},
		{"with a port too high", "Host: a.example.com:65536\r\n"},
		{"with an empty label", "Host: a..example.com\r\n"},
		{"of a label too long", "Host: " + strings.Repeat("a", 64) + ".com\r\n"},
		{"with a half address", "Host: [::1\r\n"},
		{"with text behind an address", "Host: [::1]x\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := h.wire(t).send("GET / HTTP/1.1\r\n" + c.hosts + "\r\nGET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
			response, _ := w.answer("GET")
			equal(t, "status", response.StatusCode, http.StatusBadRequest)
			if rest := w.rest(); strings.Contains(rest, "HTTP/1.1") {
				t.Errorf("the connection went on: %q", rest)
			}
		})
	}
}
