package router_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/router"

	"github.com/gorilla/websocket"
)

// journal is a log that a test reads. It is safe for concurrent use.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// line waits for the line with that message and these parts.
func (j *journal) line(t testing.TB, message string, parts ...string) {
	t.Helper()
	eventually(t, "a line says "+message+" with "+strings.Join(parts, ", "), func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		for line := range strings.Lines(j.text.String()) {
			if strings.Contains(line, message) && containsAll(line, parts) {
				return true
			}
		}
		return false
	})
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// overdue ends the time to drain of an address.
func (h *house) overdue(t testing.TB, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	equal(t, "drain", h.Drain(ctx, address), context.DeadlineExceeded)
}

// answering is a site with WebSockets that tells how each ended.
func answering(t testing.TB, ends chan<- error) string {
	return site(t, func(w http.ResponseWriter, req *http.Request) {
		c, err := (&websocket.Upgrader{}).Upgrade(w, req, http.Header{"X-Site": {"echo"}})
		if err != nil {
			ends <- err
			return
		}
		defer c.Close()
		_, _, err = c.ReadMessage()
		ends <- err
	})
}

func TestBothEndsOfAWebSocketAreToldOfTheEndOfTheDrain(t *testing.T) {
	log := &journal{}
	ends := make(chan error, 1)
	h := open(t, router.Options{Logger: slog.New(slog.NewTextHandler(log, nil))}, routeTo("a.example.com", answering(t, ends)))
	c := h.websocket(t, "a.example.com")
	h.overdue(t, routeAddress(h))
	_, _, err := c.ReadMessage()
	var told *websocket.CloseError
	if !errors.As(err, &told) || told.Code != websocket.CloseGoingAway || !strings.Contains(told.Text, "replaced") {
		t.Errorf("the client was told %v", err)
	}
	if err := <-ends; !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the site heard %v of its client, want the client's own farewell", err)
	}
	must(t, h.Drain(t.Context(), routeAddress(h)))
	log.line(t, "told to go away", "host=a.example.com", "service=web", "websocket=true", "cause=", "took=")
}

// switching is a raw site that switches to a protocol, sends this and waits for the end.
func switching(t testing.TB, protocol, then string) string {
	return rawSite(t, func(c net.Conn, in *bufio.Reader) {
		if _, err := readHead(in); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: "+protocol+"\r\nConnection: Upgrade\r\n\r\n"+then)
		_, _ = io.Copy(io.Discard, in)
	})
}

func TestAConnectionThatCantBeToldIsClosedAsItIs(t *testing.T) {
	const halfFrame = "\x81\x05hel" // of "hello"
	for _, c := range []struct{ name, protocol, sent, want string }{
		{"a WebSocket in the middle of a frame", "websocket", halfFrame, halfFrame},
		{"one whose farewell has been said", "websocket", "\x88\x02\x03\xe8", "\x88\x02\x03\xe8"},
		{"another protocol", "chat", "hello", "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t, router.Options{}, routeTo("a.example.com", switching(t, c.protocol, c.sent)))
			w := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: Upgrade\r\nUpgrade: " + c.protocol + "\r\n\r\n")
			response, err := http.ReadResponse(w.in, nil)
			must(t, err)
			equal(t, "status", response.StatusCode, http.StatusSwitchingProtocols)
			came, err := w.in.Peek(len(c.sent))
			must(t, err)
			equal(t, "what the site sent", string(came), c.sent)
			h.overdue(t, routeAddress(h))
			equal(t, "all that ever came", w.rest(), c.want)
			must(t, h.Drain(t.Context(), routeAddress(h)))
		})
	}
}

func TestAWebSocketOfAReplicaThatEndsIsToldOnlyWhenItWasReplaced(t *testing.T) {
	for _, c := range []struct {
		name     string
		replaced bool
		want     int
	}{
		{"replaced", true, websocket.CloseGoingAway},
		{"crashed", false, websocket.CloseAbnormalClosure},
	} {
		t.Run(c.name, func(t *testing.T) {
			end := make(chan struct{})
			dying := site(t, func(w http.ResponseWriter, req *http.Request) {
				c, err := (&websocket.Upgrader{}).Upgrade(w, req, http.Header{"X-Site": {"echo"}})
				if err == nil {
					<-end
					_ = c.NetConn().Close()
				}
			})
			h := open(t, router.Options{}, routeTo("a.example.com", dying))
			socket := h.websocket(t, "a.example.com")
			if c.replaced {
				h.routes.set("a.example.com", echo(t))
			}
			close(end)
			_, _, err := socket.ReadMessage()
			if !websocket.IsCloseError(err, c.want) {
				t.Errorf("the client was told %v, want %d", err, c.want)
			}
		})
	}
}

func TestARequestThatOutlivesTheDrainIsLogged(t *testing.T) {
	for _, c := range []struct{ name, begun string }{
		{"before its answer", ""},
		{"in the middle of its answer", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := &journal{}
			inside, end := make(chan struct{}), make(chan struct{})
			slow := rawSite(t, func(conn net.Conn, in *bufio.Reader) {
				_, _ = readHead(in)
				_, _ = io.WriteString(conn, c.begun)
				close(inside)
				<-end // as a program that is killed
			})
			h := open(t, router.Options{Logger: slog.New(slog.NewTextHandler(log, nil))}, routeTo("a.example.com", slow))
			w := h.wire(t).send("POST /report HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 0\r\n\r\n")
			<-inside
			h.overdue(t, slow)
			close(end)
			_ = w.rest()
			log.line(t, "outlived the time to drain", "host=a.example.com", "service=web", "took=")
		})
	}
}
