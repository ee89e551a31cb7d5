package router

import (
	"net"
	"net/http"
	"strings"
	"time"
)

// awaitAnswer reads heads until that of the final answer, and passes on interim ones
// (RFC 9110 section 15.2).
func (x *exchange) awaitAnswer(c *conn) error {
	for {
		if err := readHead(c.in, &c.head); err != nil {
			return err
		}
		switch status := c.head.status; {
		case status == http.StatusContinue:
			x.upload.goOn()
		case status == http.StatusSwitchingProtocols:
			return x.checkSwitch(&c.head)
		case status < 200:
			x.inform(&c.head)
		default:
			x.upload.refuse()
			c.answerBy = time.Time{}
			return nil
		}
	}
}

// inform passes on an interim answer such as 103 (Early Hints). HTTP/1.0 has none.
func (x *exchange) inform(h *head) {
	if !x.req.ProtoAtLeast(1, 1) {
		return
	}
	header := x.w.Header()
	before := header.Clone()
	x.copyFields(h)
	x.w.WriteHeader(h.status)
	clear(header)
	for name, values := range before {
		header[name] = values
	}
}

// respond passes the answer on as it comes and reports whether the connection can be
// used again.
func (x *exchange) respond(c *conn) (reusable bool) {
	x.status = c.head.status
	x.copyFields(&c.head)
	x.endAfterRefusal()
	c.body.start(c.in, &c.head, x.req.Method)
	closeAfter(x.w, x.req) // it may have taken so long that the router leaves now
	x.w.WriteHeader(x.status)
	x.pending = true
	if err := x.copyBody(c); err != nil {
		if x.backend.overdue.Load() && x.req.Context().Err() == nil {
			x.warn(cutOff, err)
		}
		x.abort(c)
	}
	x.copyTrailer(c)
	sent := x.upload.finish()
	return sent && !c.head.close && c.body.coding != byClose && c.in.Buffered() == 0
}

// lingering is how long a client whose body nobody wants may take to understand.
const lingering = time.Second

// endAfterRefusal ends the client's connection when it was not asked for the body that
// it announced: whether it is sent now, nobody knows.
func (x *exchange) endAfterRefusal() {
	if x.upload.wasRefused() {
		x.w.Header()["Connection"] = []string{"close"}
		_ = http.NewResponseController(x.w).SetReadDeadline(time.Now().Add(lingering))
	}
}

// copyFields sets the header fields of an answer, without those of the backend's
// connection.
func (x *exchange) copyFields(h *head) {
	header := x.w.Header()
	values := make([]string, len(h.fields))
	for i, f := range h.fields {
		before, ok := header[f.name]
		if hopByHop(h, f.name) || f.name == "Content-Length" && (h.length < 0 || ok) {
			continue
		}
		values[i] = f.value
		if ok {
			header[f.name] = append(before, f.value)
			continue
		}
		header[f.name] = values[i : i+1 : i+1]
	}
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // net/http must not guess one
	}
}

func hopByHop(h *head, name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Te", "Upgrade",
		"Proxy-Authenticate":
		return true
	case "Trailer":
		return !h.chunked
	}
	return named(h.options, name)
}

// flush sends to the client what is written.
func (x *exchange) flush() {
	if !x.pending {
		return
	}
	x.pending = false
	if f, ok := x.w.(http.Flusher); ok {
		f.Flush()
	}
}

// copyTrailer sets the trailer fields; they need not have been announced.
func (x *exchange) copyTrailer(c *conn) {
	for _, f := range c.body.trailer {
		if !forbiddenTrailer(f.name) {
			x.w.Header().Add(http.TrailerPrefix+f.name, f.value)
		}
	}
}

// forbiddenTrailer reports whether a field belongs into a header alone (RFC 9110
// section 6.5.1).
func forbiddenTrailer(name string) bool {
	switch name {
	case "Content-Length", "Transfer-Encoding", "Trailer", "Host", "Connection", "Content-Encoding",
		"Content-Type", "Content-Range", "Set-Cookie", "Keep-Alive", "Upgrade":
		return true
	}
	return strings.HasPrefix(name, "Proxy-")
}

// abort breaks the client's connection off, after what came until now: an answer that
// is cut short must not look whole. Where only the end of the connection tells the end
// of the answer, the connection is reset.
func (x *exchange) abort(c *conn) {
	c.Close()
	x.flush()
	x.upload.stop()
	if x.w.Header().Get("Content-Length") == "" && !x.req.ProtoAtLeast(1, 1) {
		if tcp, ok := x.req.Context().Value(connKey{}).(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	panic(http.ErrAbortHandler)
}
