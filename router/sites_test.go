package router_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// site is a backend that net/http serves.
func site(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// rawSite is a backend that speaks raw bytes, one call per connection.
func rawSite(t testing.TB, serve func(net.Conn, *bufio.Reader)) string {
	t.Helper()
	listener := listen(t)
	var open sync.WaitGroup
	t.Cleanup(open.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c, bufio.NewReader(c))
			})
		}
	}()
	return listener.Addr().String()
}

// answers is a raw backend that reads heads and answers each with these bytes.
func answers(t testing.TB, answer string) string {
	return rawSite(t, func(c net.Conn, in *bufio.Reader) {
		for {
			if _, err := readHead(in); err != nil {
				return
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
			if !strings.Contains(answer, "Content-Length") && !strings.Contains(answer, "chunked") {
				return
			}
		}
	})
}

// readHead reads lines up to the empty one.
func readHead(in *bufio.Reader) (string, error) {
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return head.String(), err
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return head.String(), nil
		}
		head.WriteString(line)
	}
}
