package supervisor

import (
	"context"
	"net"
	"time"
)

// answerAttach carries the streams of one program until it ends or the client goes.
func (s *server) answerAttach(_ context.Context, c *net.UnixConn, q request) (reply, error) {
	p, err := s.registry.get(q.ID)
	if err != nil {
		return reply{}, err
	}
	a, err := p.join(c, q)
	if err != nil || a.program == nil {
		return reply{}, err
	}
	arrived := &intake{wake: make(chan struct{}, 1)}
	gone, stop, fed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		_ = arrived.receive(c) // however it ends, the client is gone
	}()
	go func() {
		defer close(fed)
		arrived.feed(a, stop)
	}()
	left := false
	select {
	case <-a.program.drained:
	case <-gone:
		left = true
		_ = c.Close() // who writes to it stops waiting
	}
	close(stop)
	a.program.interrupt(fed)
	<-fed
	p.detach(a, left)
	if !left {
		a.conclude(gone)
	}
	return reply{}, nil
}

// conclude sends the last reply and lets the client hang up first: what it sent and
// nobody reads any more would cut the connection before it has read the reply.
func (a *attachment) conclude(gone <-chan struct{}) {
	_ = a.conn.SetWriteDeadline(time.Now().Add(requestTime))
	if writeMessage(a.conn, reply{Done: true}) != nil {
		return
	}
	patience := time.NewTimer(requestTime)
	defer patience.Stop()
	select {
	case <-gone:
	case <-patience.C:
	}
}

// join attaches the client; its first reply is sent before anything else can be.
func (p *process) join(c *net.UnixConn, q request) (*attachment, error) {
	a := &attachment{conn: c}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := p.attach(a, q.Window); err != nil {
		return nil, err
	}
	if err := writeMessage(c, reply{}); err != nil {
		a.gone = true
		_ = c.Close() // so that who reads from it notices
	}
	return a, nil
}
