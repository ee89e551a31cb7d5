package router

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// mostSmall is up to what declared length a body is read first and sent with the head.
const mostSmall = 16 << 10

// continueAfter is how long a backend may keep silent on Expect: 100-continue before
// the body is sent all the same (RFC 9110 section 10.1.1).
const continueAfter = time.Second

// takeSmallBody appends a small body to the head, and reports false when it breaks off.
func (x *exchange) takeSmallBody() bool {
	n := int(min(x.req.ContentLength, mostSmall+1))
	if n <= 0 || n > mostSmall || x.expects || len(x.request)+n > cap(x.request) {
		return true
	}
	head := len(x.request)
	x.request = x.request[:head+n]
	_, err := io.ReadFull(x.req.Body, x.request[head:])
	if err == nil {
		_, err = x.req.Body.Read(make([]byte, 1)) // the end must be seen for the connection to go on
	}
	x.small = true
	return err == io.EOF
}

// upload is a body on its way to a backend, in a goroutine of its own: the answer may
// come meanwhile. It may outlive the request by the one read that it is in; net/http
// asked for that.
type upload struct {
	x        *exchange
	c        *conn
	proceed  chan struct{} // closed when the backend wants the body
	done     chan struct{} // closed at the end
	claim    atomic.Int32  // whether the body is sent at all: undecided, begun, refused
	over     atomic.Bool   // the answer has ended: what still comes is not wanted
	complete bool          // all of it was sent; to be read after done
	bad      atomic.Bool   // the client broke off or is malformed
	asked    atomic.Bool   // proceed is closed
}

// What can become of a body that the backend is asked about first.
const (
	undecided = iota
	begun
	refused
)

func (x *exchange) startUpload(c *conn) {
	if x.req.ContentLength == 0 || x.small {
		return
	}
	c.endure(true)
	x.upload = &upload{x: x, c: c, proceed: make(chan struct{}), done: make(chan struct{})}
	go x.upload.run()
}

func (u *upload) run() {
	defer close(u.done)
	if u.x.expects && !u.wanted() {
		return
	}
	buf := takeBuffer()
	defer putBuffer(buf)
	var err error
	if u.x.req.ContentLength > 0 {
		err = u.copy(buf[:cap(buf)], u.c.Write)
	} else {
		err = u.copyChunks(buf[:cap(buf)])
	}
	u.complete = err == nil
}

// wanted asked until the backend asks for the body, its patience is over, or it has
// answered without.
func (u *upload) wanted() bool {
	timer := time.NewTimer(continueAfter)
	defer timer.Stop()
	select {
	case <-u.proceed:
	case <-timer.C:
	}
	return u.claim.CompareAndSwap(undecided, begun)
}

// copy writes all of the body. A client that breaks off breaks the backend's
// connection: half a request must not look whole.
func (u *upload) copy(buf []byte, write func([]byte) (int, error)) error {
	for {
		n, err := u.x.req.Body.Read(buf)
		if u.over.Load() {
			return errOver
		}
		if n > 0 {
			if _, err := write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			u.bad.Store(true)
			u.c.Close()
			return err
		}
	}
}

var errOver = errors.New("the answer has ended")

// chunkSpace is what the size line before a chunk may take.
const chunkSpace = 10

// copyChunks writes the body chunk by chunk, each in one write, and the trailer section.
func (u *upload) copyChunks(buf []byte) error {
	size := make([]byte, 0, chunkSpace)
	err := u.copy(buf[chunkSpace:len(buf)-2], func(p []byte) (int, error) {
		size = append(strconv.AppendInt(size[:0], int64(len(p)), 16), "\r\n"...)
		start := chunkSpace - len(size)
		copy(buf[start:], size)
		end := chunkSpace + len(p)
		copy(buf[end:], "\r\n")
		return u.c.Write(buf[start : end+2])
	})
	if err != nil {
		return err
	}
	_, err = u.c.Write(appendTrailer([]byte("0\r\n"), u.x.req.Trailer))
	return err
}

func appendTrailer(text []byte, trailer http.Header) []byte {
	for name, values := range trailer {
		if dropped(name) {
			continue
		}
		for _, value := range values {
			text = appendField(text, name, value)
		}
	}
	return append(text, "\r\n"...)
}

// goOn lets a body that the backend was asked about be sent.
func (u *upload) goOn() {
	if u != nil && u.asked.CompareAndSwap(false, true) {
		close(u.proceed)
	}
}

// refuse keeps a body that the backend has answered without asking for it.
func (u *upload) refuse() {
	if u != nil && u.x.expects && u.claim.CompareAndSwap(undecided, refused) {
		u.goOn()
	}
}

// finish reports, when the answer has ended, whether all of the body was sent, and lets
// the upload end otherwise. The grace is for the scheduler, not for the client.
func (u *upload) finish() bool {
	if u == nil {
		return true
	}
	timer := time.NewTimer(10 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-u.done:
		return u.complete
	case <-timer.C:
		u.over.Store(true)
		return false
	}
}

// stop ends the upload and asked for it. The client's connection can't go on.
func (u *upload) stop() {
	if u == nil {
		return
	}
	u.over.Store(true)
	u.refuse()
	_ = http.NewResponseController(u.x.w).SetReadDeadline(time.Unix(1, 0))
	<-u.done
}

func (u *upload) wasRefused() bool { return u != nil && u.claim.Load() == refused }

func (u *upload) malformed() bool { return u != nil && u.bad.Load() }
