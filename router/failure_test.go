package router_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gondor/router"
)

// nobody returns an address that refuses connections.
func nobody(t testing.TB) string {
	l := listen(t)
	must(t, l.Close())
	return l.Addr().String()
}

func TestABackendThatRefusesLeavesTheRotationAndOthersTakeOver(t *testing.T) {
	var served atomic.Int64
	alive := site(t, func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		served.Add(1)
	})
	h := open(t, router.Options{}, routeTo("a.example.com", nobody(t), alive, nobody(t)))
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		for range 5 {
			response := h.do(t, h.request(t, method, "a.example.com", "/", io.NopCloser(strings.NewReader("body"))))
			equal(t, method, response.StatusCode, 200)
		}
	}
	equal(t, "served", served.Load(), 20)
}

func TestABackendComesBackIntoTheRotation(t *testing.T) {
	address := nobody(t)
	h := open(t, router.Options{}, routeTo("a.example.com", address))
	status, _ := h.get(t, "a.example.com", "/")
	equal(t, "status", status, http.StatusBadGateway)
	listener, err := net.Listen("tcp", address)
	must(t, err)
	server := &http.Server{Handler: says("back")}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	status, body := h.get(t, "a.example.com", "/") // all are out: tried anyway
	equal(t, "status", status, 200)
	equal(t, "body", body, "back")
}

// RFC 9110 section 9.2.2: a proxy repeats no request that could have been applied.
func TestOnlySafeRequestsAreRepeatedWhenTheConnectionDies(t *testing.T) {
	for _, c := range []struct {
		method, body string
		status       int
		served       int64
	}{
		{"GET", "", 200, 1},
		{"HEAD", "", 200, 1},
		{"OPTIONS", "", 200, 1},
		{"DELETE", "", 502, 0},
		{"POST", "", 502, 0},
		{"POST", "body", 502, 0},
		{"GET", "body", 502, 0},
	} {
		t.Run(c.method+c.body, func(t *testing.T) {
			var asked atomic.Int64
			dying := rawSite(t, func(_ net.Conn, in *bufio.Reader) {
				_, _ = readHead(in)
				asked.Add(1)
			})
			h := open(t, router.Options{}, routeTo("a.example.com", dying))
			busy := h.occupy(t, "b.example.com") // so that the dying one is asked first
			h.routes.set("a.example.com", dying, busy)
			var body io.Reader
			if c.body != "" {
				body = strings.NewReader(c.body)
			}
			response := h.do(t, h.request(t, c.method, "a.example.com", "/", body))
			equal(t, "status", response.StatusCode, c.status)
			equal(t, "asked", asked.Load(), 1)
		})
	}
}

// occupy keeps a request in flight at the returned backend, which answers all others.
func (h *house) occupy(t testing.TB, host string) string {
	t.Helper()
	release, inside := make(chan struct{}), make(chan struct{})
	address := site(t, func(_ http.ResponseWriter, req *http.Request) {
		if req.Host == host {
			close(inside)
			<-release
		}
	})
	t.Cleanup(func() { close(release) })
	h.routes.set(host, address)
	h.wire(t).send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	<-inside
	return address
}

func TestAKeptConnectionThatTheBackendClosedIsNotAnError(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			closed := make(chan struct{}, 100)
			h := open(t, router.Options{}, routeTo("a.example.com", rawSite(t, func(c net.Conn, in *bufio.Reader) {
				if _, err := readHead(in); err == nil {
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
				_ = c.Close()
				closed <- struct{}{}
			})))
			for range 20 {
				response := h.do(t, h.request(t, method, "a.example.com", "/", nil))
				equal(t, "status", response.StatusCode, 200)
				<-closed
			}
		})
	}
}

func TestWhatABackendSendsUnaskedIsNoAnswer(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", rawSite(t, func(c net.Conn, in *bufio.Reader) {
		if _, err := readHead(in); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Evil\r\nContent-Length: 0\r\n\r\n")
		}
		_, _ = in.ReadByte()
	})))
	for range 10 {
		status, body := h.get(t, "a.example.com", "/")
		equal(t, "status", status, 200)
		equal(t, "body", body, "ok")
	}
}

func TestABackendThatDiesInItsAnswerBreaksTheClientsConnection(t *testing.T) {
	for name, answer := range map[string]string{
		"within a length":      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		"within a chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf",
		"before the last one":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"within the trailer":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-A: 1\r\n",
		"with a wrong chunk":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx\r\n",
		"with an overlong one": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfhalf\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, router.Options{}, routeTo("a.example.com", rawSite(t, func(c net.Conn, in *bufio.Reader) {
				_, _ = readHead(in)
				_, _ = io.WriteString(c, answer)
			})))
			response := h.do(t, h.request(t, "GET", "a.example.com", "/", nil))
			body, err := io.ReadAll(response.Body)
			equal(t, "body", string(body), "half")
			if err == nil {
				t.Error("half an answer looks whole")
			}
			must(t, h.Drain(t.Context(), routeAddress(h)))
		})
	}
}

func TestABackendThatDiesInItsAnswerBreaksAnHTTP10ConnectionToo(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", rawSite(t, func(c net.Conn, in *bufio.Reader) {
		_, _ = readHead(in)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
	})))
	all := h.wire(t).send("GET / HTTP/1.0\r\nHost: a.example.com\r\n\r\n").rest()
	equal(t, "reset", strings.Contains(all, "reset"), true)
}

func TestABackendThatDiesInAnUploadEndsIt(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", rawSite(t, func(c net.Conn, in *bufio.Reader) {
		_, _ = readHead(in)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		_ = c.(*net.TCPConn).SetLinger(0)
	})))
	w := h.wire(t).send("POST / HTTP/1.1\r\nHost: a.example.com\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n")
	w.rest() // ends although the body does not
	must(t, h.Drain(t.Context(), routeAddress(h)))
}

func TestAnAnswerThatIsNoneIs502(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing at all":         "",
		"no HTTP":                "SSH-2.0-OpenSSH\r\n\r\n",
		"HTTP/2":                 "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"a status of letters":    "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
		"a field without colon":  "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n",
		"a folded field":         "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
		"two lengths":            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
		"another coding":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"a switch unasked":       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"a head without an end":  "HTTP/1.1 200 OK\r\nA: b\r\n",
		"a head that is endless": "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 300<<10) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, router.Options{}, routeTo("a.example.com", answers(t, answer)))
			status, body := h.get(t, "a.example.com", "/")
			equal(t, "status", status, http.StatusBadGateway)
			equal(t, "page", body, "502 Bad Gateway\nThe site did not answer. Please try again in a moment.\n")
		})
	}
}

func TestABackendThatKeepsSilentIs504(t *testing.T) {
	h := open(t, router.Options{Limits: router.Limits{Answer: 50 * time.Millisecond}},
		routeTo("a.example.com", rawSite(t, func(_ net.Conn, in *bufio.Reader) { _, _ = io.Copy(io.Discard, in) })))
	status, _ := h.get(t, "a.example.com", "/")
	equal(t, "status", status, http.StatusGatewayTimeout)
}

func TestTheTimeForAnAnswerDoesNotLimitItsBody(t *testing.T) {
	step := make(chan struct{})
	h := open(t, router.Options{Limits: router.Limits{Answer: 50 * time.Millisecond}},
		routeTo("a.example.com", site(t, func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			<-step
			_, _ = io.WriteString(w, "late")
		})))
	response := h.do(t, h.request(t, "GET", "a.example.com", "/", nil))
	timer := time.AfterFunc(200*time.Millisecond, func() { close(step) })
	defer timer.Stop()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	equal(t, "body", string(body), "late")
}
