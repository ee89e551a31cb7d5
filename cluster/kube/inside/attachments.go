package inside

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// attachments answers those who attach to the program. What they want reaches process 1
// as joins and leaves, one at a time.
type attachments struct {
	listener net.Listener
	joins    chan *session
	leaves   chan *session
	over     chan struct{} // closed when process 1 listens to neither any more
}

// openAttachments listens on the socket, which only the container's own user may use.
func openAttachments(ctx context.Context, socket string) (*attachments, error) {
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		return nil, fmt.Errorf("make room for the socket to attach to: %w", err)
	}
	// A container that is started again finds the socket of the one before.
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the socket before: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listen for those who attach: %w", err)
	}
	a := &attachments{listener: listener, joins: make(chan *session), leaves: make(chan *session), over: make(chan struct{})}
	go a.accept()
	return a, nil
}

func (a *attachments) accept() {
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			return // it was closed
		}
		go func() {
			defer func() { _ = conn.Close() }() // whatever was sent has been read, or never will be
			a.serve(newSession(conn))
		}()
	}
}

// serve carries the streams of one who attaches.
func (a *attachments) serve(s *session) {
	if !s.begin() || !a.tell(a.joins, s) {
		return
	}
	<-s.joined
	stop, fed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(fed)
		if s.program != nil {
			s.feed(stop)
		}
	}()
	s.receive()
	close(s.left)
	_ = s.conn.Close() // who writes to it stops waiting
	close(stop)
	if s.program != nil {
		s.program.interrupt(fed)
	}
	<-fed
	a.tell(a.leaves, s)
}

// begin reads the first frame.
func (s *session) begin() bool {
	_ = s.conn.SetReadDeadline(time.Now().Add(silence)) // the read fails then
	k, data, err := readFrame(s.conn, make([]byte, maxFrame))
	if err != nil || k != kindAttach {
		return false
	}
	s.first = decodeWindow(data)
	return true
}

func (a *attachments) tell(what chan<- *session, s *session) bool {
	select {
	case what <- s:
		return true
	case <-a.over:
		return false
	}
}

// close ends listening and whoever is still connected.
func (a *attachments) close() {
	close(a.over)
	_ = a.listener.Close() // nothing more comes from it
}
