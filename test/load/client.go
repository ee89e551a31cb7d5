package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// conn is a connection to the site.
type conn struct {
	net.Conn
	in   *bufio.Reader
	kept bool // it has answered before
}

// exchange makes one request, on a connection of its own or on a kept one, once. It
// reports whether that was one that had answered before. Package net/http would send some
// requests again without telling, which is why this is not it.
func (r *Run) exchange(q Request, fresh bool) (body []byte, kept bool, err error) {
	deadline := time.Now().Add(r.options.Patience)
	c, err := r.connect(fresh, deadline)
	if err != nil {
		return nil, false, err
	}
	kept = c.kept
	body, again, err := r.ask(c, q, fresh)
	if err != nil || !again || fresh {
		_ = c.Close() // nothing is left to say on it
		return body, kept, err
	}
	c.kept = true
	r.kept.put(c)
	return body, kept, nil
}

func (r *Run) connect(fresh bool, deadline time.Time) (*conn, error) {
	if !fresh {
		if c := r.kept.take(); c != nil {
			return c, c.SetDeadline(deadline)
		}
	}
	opened, err := (&net.Dialer{Deadline: deadline}).Dial("tcp", r.options.Address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &conn{Conn: opened, in: bufio.NewReader(opened)}, opened.SetDeadline(deadline)
}

// ask reports also whether the connection can be used again.
func (r *Run) ask(c *conn, q Request, fresh bool) (body []byte, again bool, err error) {
	request, err := http.NewRequest(q.Method, "http://"+r.options.Host+q.Path, strings.NewReader(q.Body))
	if err != nil {
		return nil, false, fmt.Errorf("make the request: %w", err)
	}
	if q.Body == "" {
		request.Body = http.NoBody
	}
	request.Close = fresh
	request.Header.Set("User-Agent", "gondor-load")
	if err := request.Write(c); err != nil {
		return nil, false, fmt.Errorf("send: %w", err)
	}
	answer, err := http.ReadResponse(c.in, request)
	if err != nil {
		return nil, false, fmt.Errorf("wait for the answer: %w", err)
	}
	if body, err = io.ReadAll(answer.Body); err != nil {
		return body, false, fmt.Errorf("read the answer of status %d: %w", answer.StatusCode, err)
	}
	check := q.Check
	if check == nil {
		check = ok
	}
	return body, !answer.Close, check(answer.StatusCode, body)
}

// ok wants the status 200.
func ok(status int, body []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("the status is %d: %.200s", status, body)
	}
	return nil
}

// pool keeps connections, each in its turn, so that one that was closed is soon found.
type pool struct {
	mu    sync.Mutex
	conns []*conn
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

// take returns a kept connection that the other side has not closed, as far as can be
// seen now; nil when there is none.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.conns) > 0 {
		c := p.conns[0]
		p.conns = p.conns[1:]
		if c.quiet() {
			return c
		}
		_ = c.Close() // the other side has
	}
	return nil
}

// quiet reports whether nothing has come, not even the end.
func (c *conn) quiet() bool {
	if err := c.SetReadDeadline(time.Now()); err != nil {
		return false
	}
	_, err := c.in.Peek(1)
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close() // nothing is under way on it
	}
	p.conns = nil
}
