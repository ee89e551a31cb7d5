package router_test

import (
	"net/http"
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
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.stop()
	}()
	eventually(t, "answers close their connections", func() bool {
		response, _ := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer(http.MethodGet)
		return response.Close
	})
	<-ended
	equal(t, "it lingered", time.Since(start) >= limits.Linger, true)
}
