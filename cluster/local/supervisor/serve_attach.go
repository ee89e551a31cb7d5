package supervisor

import (
	"context"
	"net"
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
	return reply{}, nil
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
