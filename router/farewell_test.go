package router_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gondor/router"
)

func TestARouterThatEndsSendsItsClientsAwayWithAnAnswer(t *testing.T) {
	const request = "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 5\r\n\r\nhello"
	limits := router.Limits{Farewell: time.Hour}
	h := open(t, router.Options{Limits: limits}, routeTo("a.example.com", site(t, says("plain"))))
	kept := h.wire(t)
	response, _ := kept.send(request).answer(http.MethodPost)
	equal(t, "the connection closes before the end", response.Close, false)

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.stop()
	}()
	eventually(t, "new connections are answered, and closed", func() bool {
		response, _ := h.wire(t).send(request).answer(http.MethodPost)
		return response.Close
	})
	response, body := kept.send(request).answer(http.MethodPost)
	equal(t, "the answer on a kept connection", body, "plain")
	equal(t, "the connection closes at the end", response.Close, true)
	<-ended // and not only after the hour, for all connections have gone
}

// leave lets a router end, and returns when its answers close their connections; the channel
// is closed at the end.
func leave(t *testing.T, h *house) <-chan struct{} {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.stop()
	}()
	eventually(t, "answers close their connections", func() bool {
		response, _ := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer(http.MethodGet)
		return response.Close
	})
	return ended
}

func TestAnAnswerThatBeginsWhenTheRouterEndsClosesItsConnection(t *testing.T) {
	arrived, begin := make(chan struct{}), make(chan struct{})
	slow := site(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/slow" {
			close(arrived)
			<-begin
		}
		_, _ = io.WriteString(w, "plain")
	})
	h := open(t, router.Options{Limits: router.Limits{Farewell: 10 * time.Second}}, routeTo("a.example.com", slow))
	asked := h.wire(t).send("GET /slow HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-arrived
	ended := leave(t, h)
	close(begin)
	response, body := asked.answer(http.MethodGet)
	equal(t, "the answer", body, "plain")
	equal(t, "the connection closes", response.Close, true)
	<-ended
}

func TestAClientThatAsksNoMoreHoldsUpARouterThatEndsNoLongerThanTheFarewell(t *testing.T) {
	limits := router.Limits{Farewell: 10 * time.Millisecond}
	h := open(t, router.Options{Limits: limits}, routeTo("a.example.com", site(t, says("plain"))))
	kept := h.wire(t)
	_, _ = kept.send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer(http.MethodGet)
	h.stop()
	equal(t, "what comes on a connection without a request", kept.rest(), "")
}

func TestARouterThatEndsTakesConnectionsForAsLongAsItLingers(t *testing.T) {
	limits := router.Limits{Linger: 300 * time.Millisecond, Farewell: time.Millisecond}
	h := open(t, router.Options{Limits: limits}, routeTo("a.example.com", site(t, says("plain"))))
	start := time.Now()
	ended := leave(t, h)
	<-ended
	equal(t, "it lingered", time.Since(start) >= limits.Linger, true)
}

// late is a listener that hands out one more connection when it is closed, which it took at
// that moment.
type late struct {
	net.Listener
	closed chan struct{}
	close  func()
}

func (l late) Close() error {
	l.close()
	return nil
}

func (l late) Accept() (net.Conn, error) {
	<-l.closed
	taken, err := l.Listener.Accept()
	return taken, errors.Join(err, l.Listener.Close())
}

func TestAConnectionThatIsTakenAtTheLastMomentIsAnswered(t *testing.T) {
	var answered atomic.Bool
	plain := site(t, func(w http.ResponseWriter, _ *http.Request) {
		answered.Store(true)
		_, _ = io.WriteString(w, "plain")
	})
	h := open(t, router.Options{Limits: router.Limits{Farewell: time.Hour}}, routeTo("a.example.com", plain))
	l := late{Listener: listen(t), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	h.address = l.Addr().String()
	stop := background(t, func(ctx context.Context) error { return h.Serve(ctx, l) })
	client := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	stop()
	equal(t, "the request was answered before the router ended", answered.Load(), true)
	_, body := client.answer(http.MethodGet)
	equal(t, "body", body, "plain")
}
