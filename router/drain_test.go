package router_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gondor/app"
	"gondor/router"

	"github.com/gorilla/websocket"
)

// echo is a site that sends WebSocket messages back.
func echo(t testing.TB) string {
	return site(t, func(w http.ResponseWriter, req *http.Request) {
		upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
		c, err := upgrader.Upgrade(w, req, http.Header{"X-Site": {"echo"}})
		if err != nil {
			return
		}
		defer c.Close()
		for {
			kind, message, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, message) != nil {
				return
			}
		}
	})
}

func (h *house) websocket(t testing.TB, host string) *websocket.Conn {
	t.Helper()
	c, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+h.address+"/chat", http.Header{"Host": {host}})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	equal(t, "field of the 101", response.Header.Get("X-Site"), "echo")
	return c
}

func say(t testing.TB, c *websocket.Conn, text string) {
	t.Helper()
	must(t, c.WriteMessage(websocket.TextMessage, []byte(text)))
	_, back, err := c.ReadMessage()
	must(t, err)
	if string(back) != text {
		t.Errorf("%d bytes came back of %d", len(back), len(text))
	}
}

// numbers is a text in which nothing can change places unseen.
func numbers(size int) string {
	text := make([]byte, 0, size+20)
	for n := 0; len(text) < size; n++ {
		text = strconv.AppendInt(append(text, ' '), int64(n), 10)
	}
	return string(text[:size])
}

func TestWebSocketsPassThrough(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", echo(t)))
	c := h.websocket(t, "a.example.com")
	for _, size := range []int{1, 200, 70_000, 1 << 20} {
		say(t, c, numbers(size))
	}
	must(t, c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")))
	_, _, err := c.ReadMessage()
	equal(t, "closed", websocket.IsCloseError(err, websocket.CloseNormalClosure), true)
	must(t, h.Drain(t.Context(), routeAddress(h)))
}

func TestAnUpgradeThatTheBackendDeclinesIsAnOrdinaryAnswer(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, says("plain"))))
	response, body := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").answer("GET")
	equal(t, "status", response.StatusCode, 200)
	equal(t, "body", body, "plain")
}

func TestADrainWaitsForRequestsAndWebSockets(t *testing.T) {
	release, inside := make(chan struct{}), make(chan struct{})
	slow := site(t, func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-release
		_, _ = io.WriteString(w, "whole")
	})
	h := open(t, router.Options{}, routeTo("a.example.com", slow), routeTo("b.example.com", echo(t)))
	w := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-inside
	socket := h.websocket(t, "b.example.com")
	socketAddress := h.routes.known["b.example.com"].Backends[0].Address
	h.routes.tell(app.RouteChange{Route: app.Route{Host: "a.example.com"}, Removed: true})
	h.routes.set("b.example.com")

	for _, address := range []string{slow, socketAddress} {
		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if address == slow {
			equal(t, "drain", h.Drain(short, address), context.DeadlineExceeded)
		}
		cancel()
	}
	say(t, socket, "still there")
	drained := make(chan error, 2)
	go func() { drained <- h.Drain(t.Context(), slow) }()
	go func() { drained <- h.Drain(t.Context(), socketAddress) }()
	close(release)
	_, body := w.answer("GET")
	equal(t, "body", body, "whole")
	must(t, <-drained)
	must(t, socket.Close())
	must(t, <-drained)
	must(t, h.Drain(t.Context(), "127.0.0.1:1"))
}

func TestWebSocketsThatOutliveADrainAreToldToGoAway(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", echo(t)))
	c := h.websocket(t, "a.example.com")
	say(t, c, "hello")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	equal(t, "drain", h.Drain(ctx, routeAddress(h)), context.DeadlineExceeded)
	_, _, err := c.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the client was told %v", err)
	}
	must(t, h.Drain(t.Context(), routeAddress(h)))
}

func TestServeLetsRequestsEnd(t *testing.T) {
	release, inside := make(chan struct{}), make(chan struct{})
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-release
		_, _ = io.WriteString(w, "whole")
	})), routeTo("b.example.com", echo(t)))
	socket := h.websocket(t, "b.example.com")
	w := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-inside
	ended := make(chan struct{})
	go func() { h.stop(); close(ended) }()
	eventually(t, "the listener is closed", func() bool {
		c, err := (&http.Transport{}).RoundTrip(h.request(t, "GET", "x.example.com", "/", nil))
		if err == nil {
			_ = c.Body.Close()
		}
		return err != nil
	})
	close(release)
	_, body := w.answer("GET")
	equal(t, "body", body, "whole")
	_, _, err := socket.ReadMessage()
	equal(t, "told to go away", websocket.IsCloseError(err, websocket.CloseGoingAway), true)
	<-ended
}

func TestASwapOfBackendsUnderLoadLosesNothing(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com"))
	var served, failed atomic.Int64
	first := newReplica(t, "0")
	h.routes.set("a.example.com", first.address)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			for ctx.Err() == nil {
				req := h.request(t, "POST", "a.example.com", "/", strings.NewReader("body"))
				response, err := transport.RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != 200 || string(body) != "body" {
					failed.Add(1)
				}
				_ = response.Body.Close()
				served.Add(1)
			}
		})
	}
	for range 20 {
		before := served.Load()
		second := newReplica(t, "1")
		h.routes.set("a.example.com", second.address)
		must(t, h.Drain(t.Context(), first.address))
		first.kill()
		first = second
		eventually(t, "requests go on", func() bool { return served.Load() > before+20 })
	}
	stop()
	clients.Wait()
	equal(t, "failed", failed.Load(), 0)
}

// replica is a site that can be killed; a request in flight dies with it.
type replica struct {
	address string
	server  *http.Server
}

func newReplica(t testing.TB, _ string) *replica {
	listener := listen(t)
	r := &replica{listener.Addr().String(), &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(w, req.Body)
	})}}
	t.Cleanup(r.kill)
	go func() {
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	return r
}

func (r *replica) kill() { _ = r.server.Close() }
