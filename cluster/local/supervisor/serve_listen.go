package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"

	"gondor/app"
)

// sockets are the listening sockets that outlive whoever accepts from them.
type sockets struct {
	mu   sync.Mutex
	open map[string]*os.File // by network and address as they were asked for
}

func newSockets() *sockets { return &sockets{open: map[string]*os.File{}} }

// get returns the socket of an address, opening it the first time.
func (s *sockets) get(ctx context.Context, network, address string) (*os.File, error) {
	if !slices.Contains([]string{"tcp", "tcp4", "tcp6", "unix"}, network) {
		return nil, app.Invalid("network", "%q is not one to listen on; use tcp, tcp4, tcp6 or unix", network)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := network + " " + address
	if f := s.open[key]; f != nil {
		return f, nil
	}
	f, err := openSocket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.open[key] = f
	return f, nil
}

// openSocket listens and keeps the socket alone, without the runtime's own watch on it.
func openSocket(ctx context.Context, network, address string) (*os.File, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, network, address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, app.Conflict("address", "something else listens on %s already", address)
	case errors.Is(err, syscall.EACCES):
		return nil, app.Fault(app.CodeForbidden, "this user may not listen on %s", address)
	case err != nil:
		return nil, app.Invalid("address", "can't listen on %s: %v", address, err)
	}
	defer func() { _ = l.Close() }()
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return nil, fmt.Errorf("keep the socket of %s: %w", address, err)
	}
	return f, nil
}

// drop closes a socket. No error when there is none.
func (s *sockets) drop(network, address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := network + " " + address
	f := s.open[key]
	if f == nil {
		return nil
	}
	delete(s.open, key)
	if network == "unix" {
		_ = os.Remove(address) // the client may have done it
	}
	return f.Close()
}

// close closes all sockets.
func (s *sockets) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	for _, f := range s.open {
		failed = errors.Join(failed, f.Close())
	}
	clear(s.open)
	return failed
}

// answerListen sends the socket behind the first reply.
func (s *server) answerListen(ctx context.Context, c *net.UnixConn, q request) (reply, error) {
	f, err := s.sockets.get(ctx, q.Network, q.Address)
	if err != nil {
		return reply{}, err
	}
	if err := writeMessage(c, reply{}); err != nil {
		return reply{}, err
	}
	err = control(f, func(fd int) error { return sendFile(c, uintptr(fd)) })
	return reply{}, err
}

func (s *server) answerUnlisten(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	return reply{}, s.sockets.drop(q.Network, q.Address)
}

// each calls fn for every socket.
func (s *sockets) each(fn func(key string, f *os.File)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, f := range s.open {
		fn(key, f)
	}
}
