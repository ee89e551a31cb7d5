package api

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gondor/app"
)

var errFake = errors.New("the wire was cut")

// clientAt returns a client of a URL.
func clientAt(t *testing.T, at string) *Client {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	c := NewClient(Options{URL: u, Tokens: StaticToken("secret")})
	t.Cleanup(c.Close)
	return c
}

func TestWhoCannotReachTheServerIsToldWhy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	listener.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	for _, c := range []struct{ name, at, want string }{
		{"nothing listens", closed, "nothing listens there"},
		{"no TLS there", strings.Replace(plain.URL, "http", "https", 1), "it does not speak TLS"},
		{"an unknown certificate", secure.URL, "signed by nobody that this machine trusts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := clientAt(t, c.at).Me(t.Context())
			var gone *UnreachableError
			if !errors.As(err, &gone) || app.CodeOf(err) != app.CodeUnavailable || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnAnswerThatBreaksOffIsThatOfAServerThatWentAway(t *testing.T) {
	for name, answer := range map[string]string{
		"within its length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"username",
		"within a chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"username",
		"between chunks":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				connection, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(connection, answer)
				_ = connection.Close()
			}))
			defer server.Close()
			if _, err := clientAt(t, server.URL).Me(t.Context()); app.CodeOf(err) != app.CodeUnavailable {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnAnswerThatIsNoneOfOursIsNotTakenForAServerThatWentAway(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	defer server.Close()
	if _, err := clientAt(t, server.URL).Me(t.Context()); err == nil || app.CodeOf(err) == app.CodeUnavailable {
		t.Errorf("%v", err)
	}
}

func TestACancelledCallSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := clientAt(t, "http://127.0.0.1:1").Me(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestATokenStaysWithItsServer(t *testing.T) {
	stolen := make(chan string, 10)
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen <- r.Header.Get("Authorization")
	}))
	defer thief.Close()
	server := httptest.NewServer(http.RedirectHandler(thief.URL+"/v2/me/", http.StatusTemporaryRedirect))
	defer server.Close()
	c := clientAt(t, server.URL)
	if _, err := c.Me(t.Context()); err == nil {
		t.Error("a redirect to another host is followed")
	}
	if _, err := Get[Site](t.Context(), c, Reference(thief.URL+"/v2/sites/x/")); app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("a url of another server: %v", err)
	}
	select {
	case token := <-stolen:
		t.Errorf("another host was sent %q", token)
	default:
	}
}

func TestAServersFailureNamesItsRequest(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "ABC")
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	if _, err := clientAt(t, server.URL).Me(t.Context()); app.CodeOf(err) != app.CodeInternal || !strings.Contains(err.Error(), "ABC") {
		t.Errorf("%v", err)
	}
}
