package router_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"gondor/router"

	"github.com/gorilla/websocket"
)

func TestRequestsGoWhereTheLeastIsInFlight(t *testing.T) {
	h := open(t, router.Options{})
	busy := h.occupy(t, "b.example.com")
	h.routes.set("a.example.com", busy, site(t, says("idle")))
	for range 20 {
		_, body := h.get(t, "a.example.com", "/")
		equal(t, "body", body, "idle")
	}
}

func TestEqualBackendsAllGetRequests(t *testing.T) {
	var addresses []string
	var served [3]atomic.Int64
	for i := range served {
		addresses = append(addresses, site(t, func(http.ResponseWriter, *http.Request) { served[i].Add(1) }))
	}
	h := open(t, router.Options{}, routeTo("a.example.com", addresses...))
	eventually(t, "every backend has served", func() bool {
		h.get(t, "a.example.com", "/")
		return served[0].Load() > 0 && served[1].Load() > 0 && served[2].Load() > 0
	})
}

func TestConnectionsToABackendAreKeptAndExpire(t *testing.T) {
	var opened atomic.Int64
	closed := make(chan struct{})
	h := open(t, router.Options{Limits: router.Limits{Kept: 200 * time.Millisecond}},
		routeTo("a.example.com", rawSite(t, func(c net.Conn, in *bufio.Reader) {
			opened.Add(1)
			for {
				if _, err := readHead(in); err != nil {
					close(closed)
					return
				}
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		})))
	w := h.wire(t)
	for range 10 {
		w.send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer("GET")
	}
	equal(t, "opened", opened.Load(), 1)
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("an unused connection is kept for ever")
	}
}

func TestALargeAnswerMayPauseLongerThanItsHeadMay(t *testing.T) {
	const half = 1 << 20
	step := make(chan struct{})
	h := open(t, router.Options{Limits: router.Limits{Answer: 50 * time.Millisecond}},
		routeTo("a.example.com", site(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2*half))
			_, _ = io.Copy(w, &zeros{half})
			<-step
			_, _ = io.Copy(w, &zeros{half})
		})))
	response := h.do(t, h.request(t, "GET", "a.example.com", "/", nil))
	_, err := io.CopyN(io.Discard, response.Body, half)
	must(t, err)
	timer := time.AfterFunc(200*time.Millisecond, func() { close(step) })
	defer timer.Stop()
	n, err := io.Copy(io.Discard, response.Body)
	must(t, err)
	equal(t, "the other half", n, half)
}

func TestAHostOfGondorMayTakeTheConnectionOver(t *testing.T) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	own := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c, err := upgrader.Upgrade(w, req, http.Header{"X-Site": {"echo"}})
		if err != nil {
			return
		}
		defer c.Close()
		kind, message, err := c.ReadMessage()
		if err == nil {
			_ = c.WriteMessage(kind, message)
		}
	})
	h := open(t, router.Options{Own: func(host string) http.Handler {
		if host == "gondor.example.com" {
			return own
		}
		return nil
	}})
	say(t, h.websocket(t, "gondor.example.com"), "hello")
}
