package router_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"runtime"
	"strings"
	"testing"
	"time"

	"gondor/router"
)

func TestServerSentEventsArriveOneByOne(t *testing.T) {
	next := make(chan string)
	address := site(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for event := range next {
			fmt.Fprintf(w, "data: %s\n\n", event)
			w.(http.Flusher).Flush()
		}
	})
	h := open(t, router.Options{}, routeTo("a.example.com", address))
	response := h.do(t, h.request(t, "GET", "a.example.com", "/", nil))
	lines := bufio.NewScanner(response.Body)
	for _, event := range []string{"one", "two", "three"} {
		next <- event
		lines.Scan()
		equal(t, "event", lines.Text(), "data: "+event)
		lines.Scan()
	}
	close(next)
}

func TestHalfAChunkAndHalfALengthArriveAtOnce(t *testing.T) {
	for _, head := range []string{"Transfer-Encoding: chunked\r\n\r\na\r\n", "Content-Length: 10\r\n\r\n", "Connection: close\r\n\r\n"} {
		goOn := make(chan struct{})
		address := rawSite(t, func(c net.Conn, in *bufio.Reader) {
			_, _ = readHead(in)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+head+"01234")
			<-goOn
			_, _ = io.WriteString(c, "56789")
			if strings.HasPrefix(head, "Transfer") {
				_, _ = io.WriteString(c, "\r\n0\r\n\r\n")
			}
		})
		h := open(t, router.Options{}, routeTo("a.example.com", address))
		response := h.do(t, h.request(t, "GET", "a.example.com", "/", nil))
		half := make([]byte, 5)
		_, err := io.ReadFull(response.Body, half)
		must(t, err)
		equal(t, "half", string(half), "01234")
		close(goOn)
		rest, err := io.ReadAll(response.Body)
		must(t, err)
		equal(t, "rest", string(rest), "56789")
	}
}

func TestBothDirectionsFlowAtOnce(t *testing.T) {
	address := site(t, func(w http.ResponseWriter, req *http.Request) {
		must(t, http.NewResponseController(w).EnableFullDuplex())
		in := bufio.NewReader(req.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(w, strings.ToUpper(line))
			w.(http.Flusher).Flush()
		}
	})
	h := open(t, router.Options{}, routeTo("a.example.com", address))
	body, write := io.Pipe()
	go func() { _, _ = io.WriteString(write, "first\n") }()
	response := h.do(t, h.request(t, "POST", "a.example.com", "/", body))
	lines := bufio.NewReader(response.Body)
	for _, word := range []string{"FIRST\n", "SECOND\n", "THIRD\n"} {
		line, err := lines.ReadString('\n')
		must(t, err)
		equal(t, "echo", line, word)
		if word != "THIRD\n" {
			_, _ = io.WriteString(write, map[string]string{"FIRST\n": "second\n", "SECOND\n": "third\n"}[word])
		}
	}
	must(t, write.Close())
	_, err := lines.ReadByte()
	equal(t, "end", err, io.EOF)
}

func TestTrailersPassBothWays(t *testing.T) {
	address := site(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Trailer", "X-Announced")
		_, _ = io.Copy(w, req.Body)
		w.Header().Set("X-Announced", req.Trailer.Get("X-Sum"))
		w.Header().Set(http.TrailerPrefix+"X-Late", "2")
	})
	h := open(t, router.Options{}, routeTo("a.example.com", address))
	req := h.request(t, "POST", "a.example.com", "/", io.NopCloser(strings.NewReader("body")))
	req.Trailer = http.Header{"X-Sum": {"1"}}
	response := h.do(t, req)
	body, err := io.ReadAll(response.Body)
	must(t, err)
	equal(t, "body", string(body), "body")
	equal(t, "announced", response.Trailer.Get("X-Announced"), "1")
	equal(t, "late", response.Trailer.Get("X-Late"), "2")
}

func TestEarlyHintsArriveBeforeTheAnswer(t *testing.T) {
	hinted := make(chan struct{})
	address := site(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		<-hinted
		w.Header().Del("Link")
		_, _ = io.WriteString(w, "done")
	})
	h := open(t, router.Options{}, routeTo("a.example.com", address))
	req := h.request(t, "GET", "a.example.com", "/", nil)
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			equal(t, "code", code, http.StatusEarlyHints)
			equal(t, "link", header.Get("Link"), "</style.css>; rel=preload")
			close(hinted)
			return nil
		},
	}))
	response := h.do(t, req)
	equal(t, "link of the answer", response.Header.Get("Link"), "")
	equal(t, "status", response.StatusCode, 200)
}

func TestAnUploadWaitsForTheBackendsContinue(t *testing.T) {
	t.Run("which comes", func(t *testing.T) {
		h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(w, req.Body)
		})))
		w := h.wire(t).send("POST / HTTP/1.1\r\nHost: a.example.com\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
		interim, err := readHead(w.in)
		must(t, err)
		equal(t, "interim", strings.HasPrefix(interim, "HTTP/1.1 100 "), true)
		_, body := w.send("hi").answer("POST")
		equal(t, "body", body, "hi")
	})
	t.Run("or a refusal that comes instead", func(t *testing.T) {
		h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		})))
		w := h.wire(t).send("POST / HTTP/1.1\r\nHost: a.example.com\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n")
		response, _ := w.answer("POST")
		equal(t, "status", response.StatusCode, http.StatusRequestEntityTooLarge)
		equal(t, "the rest", w.rest(), "")
	})
}

func TestAnAnswerThatComesBeforeTheBodyEndsIsPassedOn(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	})))
	w := h.wire(t).send("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 1000000\r\n\r\nsome")
	response, body := w.answer("POST")
	equal(t, "status", response.StatusCode, http.StatusForbidden)
	equal(t, "body", body, "no\n")
}

// zeros reads as n zero bytes.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.n)
	clear(p[:n])
	z.n -= n
	return int(n), nil
}

func TestGigabytesPassInFlatMemory(t *testing.T) {
	const size = 2 << 30
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == "POST" {
			n, _ := io.Copy(io.Discard, req.Body)
			fmt.Fprint(w, n)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(int64(size)))
		_, _ = io.Copy(w, &zeros{size})
	})))
	before := heap()
	for _, c := range []struct{ n, length int64 }{{size, size}, {size / 8, -1}} {
		req := h.request(t, "POST", "a.example.com", "/", &zeros{c.n})
		req.ContentLength = c.length
		body, err := io.ReadAll(h.do(t, req).Body)
		must(t, err)
		equal(t, "arrived", string(body), fmt.Sprint(c.n))
	}
	n, err := io.Copy(io.Discard, h.do(t, h.request(t, "GET", "a.example.com", "/", nil)).Body)
	must(t, err)
	equal(t, "came back", n, int64(size))
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("memory from the system grew by %d MiB", grown>>20)
	}
}

// heap returns the bytes of heap that the process has ever had from the system.
func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys)
}

func TestAnswersWithoutBodyHaveNone(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.Header().Set("Etag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "hello")
		}
	})))
	w := h.wire(t)
	for _, c := range []struct {
		method, path string
		status       int
		length       int64
		body         string
	}{
		{"GET", "/204", 204, 0, ""},
		{"HEAD", "/", 200, 5, ""},
		{"GET", "/304", 304, 0, ""},
		{"GET", "/", 200, 5, "hello"},
	} {
		response, body := w.send(c.method + " " + c.path + " HTTP/1.1\r\nHost: a.example.com\r\n\r\n").answer(c.method)
		equal(t, c.path, response.StatusCode, c.status)
		equal(t, c.method+c.path+" length", response.ContentLength, c.length)
		equal(t, c.path, body, c.body)
	}
}

func TestHTTP10GetsAnAnswerItUnderstands(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", answers(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n")))
	all := h.wire(t).send("GET / HTTP/1.0\r\nHost: a.example.com\r\n\r\n").rest()
	if strings.Contains(all, "chunked") || !strings.HasSuffix(all, "\r\n\r\nhi") {
		t.Errorf("got %q", all)
	}
}

func TestOldBackendsAreUnderstood(t *testing.T) {
	for name, answer := range map[string]string{
		"HTTP/1.0 until the end":         "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello",
		"bare line feeds":                "HTTP/1.1 200 OK\nConnection: close\n\nhello",
		"no reason":                      "HTTP/1.1 200\r\nConnection: close\r\n\r\nhello",
		"a space before the colon":       "HTTP/1.1 200 OK\r\nX-A : b\r\nConnection: close\r\n\r\nhello",
		"chunk extensions":               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;x\r\n\r\n",
		"a hundred that nobody asked of": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, router.Options{}, routeTo("a.example.com", answers(t, answer)))
			status, body := h.get(t, "a.example.com", "/")
			equal(t, "status", status, 200)
			equal(t, "body", body, "hello")
		})
	}
}

func TestSlowClientsAreServed(t *testing.T) {
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		_, _ = w.Write(bytes.Repeat(body, 1000))
	})))
	w := h.wire(t)
	for _, b := range []byte("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 5\r\n\r\nhello") {
		w.send(string(b))
	}
	_, body := w.answer("POST")
	equal(t, "length", len(body), 5000)
}

func TestAClientThatGoesAwayCancelsTheBackendsRequest(t *testing.T) {
	begun, canceled := make(chan struct{}), make(chan struct{})
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(_ http.ResponseWriter, req *http.Request) {
		close(begun)
		<-req.Context().Done()
		close(canceled)
	})))
	w := h.wire(t).send("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-begun
	must(t, w.Close())
	select {
	case <-canceled:
	case <-time.After(10 * time.Second):
		t.Fatal("the backend was not told")
	}
	must(t, h.Drain(t.Context(), routeAddress(h)))
}

// routeAddress returns the first backend of a.example.com.
func routeAddress(h *house) string { return h.routes.known["a.example.com"].Backends[0].Address }

func TestAClientThatGoesAwayInItsUploadCancelsTheBackendsRequest(t *testing.T) {
	failed := make(chan error, 1)
	h := open(t, router.Options{}, routeTo("a.example.com", site(t, func(_ http.ResponseWriter, req *http.Request) {
		_, err := io.Copy(io.Discard, req.Body)
		failed <- err
	})))
	w := h.wire(t).send("POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 1000000\r\n\r\nsome")
	must(t, w.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("half a body looked whole")
		}
	case <-ctx.Done():
		t.Fatal("the backend was not told")
	}
}
