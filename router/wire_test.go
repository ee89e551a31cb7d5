package router_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// wire is a client's connection of raw bytes.
type wire struct {
	t testing.TB
	*net.TCPConn
	in *bufio.Reader
}

func (h *house) wire(t testing.TB) *wire {
	t.Helper()
	c, err := net.Dial("tcp", h.address)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return &wire{t, c.(*net.TCPConn), bufio.NewReader(c)}
}

func (w *wire) send(text string) *wire {
	w.t.Helper()
	_, err := io.WriteString(w.TCPConn, text)
	must(w.t, err)
	return w
}

// answer reads one answer to a request of the method.
func (w *wire) answer(method string) (*http.Response, string) {
	w.t.Helper()
	response, err := http.ReadResponse(w.in, &http.Request{Method: method})
	must(w.t, err)
	body, err := io.ReadAll(response.Body)
	must(w.t, err)
	return response, string(body)
}

// rest reads all that comes until the end of the connection.
func (w *wire) rest() string {
	w.t.Helper()
	all, err := io.ReadAll(w.in)
	if err != nil {
		return string(all) + " (" + err.Error() + ")"
	}
	return string(all)
}

// get sends a request for the host by a client of its own and returns status and body.
func (h *house) get(t testing.TB, host, path string) (int, string) {
	t.Helper()
	response := h.do(t, h.request(t, http.MethodGet, host, path, nil))
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(body)
}

func (h *house) request(t testing.TB, method, host, path string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.address+path, body)
	must(t, err)
	req.Host = host
	return req
}

func (h *house) do(t testing.TB, req *http.Request) *http.Response {
	t.Helper()
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: 10 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	response, err := transport.RoundTrip(req)
	must(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}
