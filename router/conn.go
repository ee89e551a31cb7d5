package router

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// conn is a connection to a backend. One request uses it at a time, in that request's
// own goroutine; only Close may be called from others.
type conn struct {
	tcp   *net.TCPConn
	raw   syscall.RawConn
	in    *bufio.Reader
	head  head // of the present answer; its space is used again
	body  body // of the present answer
	since time.Time
	heard bool // a byte of the present answer has come

	// client is flushed when a read is about to wait: what came before must not wait
	// with it. Nil: nobody is.
	client *exchange

	// answerBy is when the head of the answer must have come; zero: no limit. armed is
	// the deadline that the socket has, which is moved only when it strikes: most
	// requests end long before and never touch a timer.
	answerBy time.Time
	armed    bool

	patient bool // it endures stalled instead of silence

	read func(fd uintptr) bool // tryRead as a value, made once
	into []byte
	n    int
	err  error
}

// dial opens a connection to the address.
func dial(ctx context.Context, address string, limit time.Duration) (*conn, error) {
	dialer := net.Dialer{Timeout: limit, KeepAliveConfig: probing}
	opened, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the backend: %w", err)
	}
	tcp := opened.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err == nil {
		err = endureSilence(raw, silence)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the socket of the backend: %w", err), tcp.Close())
	}
	c := &conn{tcp: tcp, raw: raw}
	c.in = bufio.NewReaderSize(c, 4<<10)
	c.read = c.tryRead
	return c, nil
}

// Read reads what has come. Before it waits, it flushes; when the answer is overdue, it
// fails with os.ErrDeadlineExceeded.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.into = p
	err := c.raw.Read(c.read)
	for err != nil && c.excuses(err) {
		err = c.raw.Read(c.read)
	}
	c.into = nil
	switch {
	case err != nil:
		return 0, err
	case c.err != nil:
		return 0, os.NewSyscallError("read", c.err)
	case c.n == 0:
		return 0, io.EOF
	}
	c.heard = true
	return c.n, nil
}

// tryRead reads once without waiting and reports whether there was anything to say.
func (c *conn) tryRead(fd uintptr) bool {
	for {
		n, err := syscall.Read(int(fd), c.into)
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			if c.client != nil {
				c.client.flush()
			}
			return false
		}
		c.n, c.err = max(n, 0), err
		return true
	}
}

// begin makes ready for a request of the exchange, whose answer's head must come within
// the limit.
func (c *conn) begin(x *exchange, limit time.Duration) {
	c.client, c.heard = x, false
	c.answerBy = x.start.Add(limit)
	if !c.armed {
		c.armed = true
		_ = c.tcp.SetReadDeadline(c.answerBy)
	}
}

// endure lets the backend leave unread for a while what is sent to it from now on, or
// ends that. When it fails, the connection has failed, which the next use of it tells.
func (c *conn) endure(stalls bool) {
	if c.patient == stalls {
		return
	}
	c.patient = stalls
	limit := silence
	if stalls {
		limit = stalled
	}
	_ = endureSilence(c.raw, limit)
}

// extend moves a deadline that has struck; it reports false when the time is truly up.
func (c *conn) extend() bool {
	now := time.Now()
	switch {
	case c.answerBy.IsZero():
		c.armed = false
		return c.tcp.SetReadDeadline(time.Time{}) == nil
	case now.Before(c.answerBy):
		return c.tcp.SetReadDeadline(c.answerBy) == nil
	}
	return false
}

// excuses reports whether an error is only the deadline of another phase.
func (c *conn) excuses(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && c.extend()
}

// quiet reports whether a kept connection is open and has sent nothing unasked, which
// would be taken for the answer to the next request.
func (c *conn) quiet() bool {
	var peeked error
	var one [1]byte
	err := c.raw.Read(func(fd uintptr) bool {
		_, _, peeked = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	})
	return err == nil && peeked == syscall.EAGAIN
}

// Write writes to the backend.
func (c *conn) Write(p []byte) (int, error) { return c.tcp.Write(p) }

// Close closes the connection; whoever reads or writes gets an error.
func (c *conn) Close() { _ = c.tcp.Close() }
