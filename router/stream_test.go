package router_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"runtime"
	"strings"
	"testing"

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
