package world

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dialPatience is how long a connection into the cluster may take to be made.
const dialPatience = 10 * time.Second

// sockets makes sockets in the network of the cluster. A socket belongs to the network that it
// was made in, whichever thread goes on with it, so one thread that stays there makes them
// all. It is safe for concurrent use.
type sockets struct {
	once sync.Once
	asks chan func()
	err  error // why there are none
}

// open makes a TCP socket that does not block.
func (s *sockets) open() (descriptor int, err error) {
	s.once.Do(s.begin)
	if s.err != nil {
		return -1, s.err
	}
	done := make(chan struct{})
	s.asks <- func() {
		defer close(done)
		descriptor, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	}
	<-done
	return descriptor, err
}

// begin sends a thread into the network of the cluster, where it stays.
func (s *sockets) begin() {
	s.asks = make(chan func())
	entered := make(chan error, 1)
	go func() {
		_, err := inHub(func() (struct{}, error) {
			entered <- nil
			for ask := range s.asks {
				ask()
			}
			return struct{}{}, nil
		})
		entered <- err
	}()
	s.err = <-entered
}

// dialHub connects from inside the cluster's network to an address of digits.
func (s *sockets) dialHub(ctx context.Context, _, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("reach %s in the cluster: %w", address, err)
	}
	descriptor, err := s.open()
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(descriptor), address) // which waits without a thread
	defer func() { _ = file.Close() }()              // net.FileConn has its own
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	if err := connect(ctx, file, to); err != nil {
		return nil, fmt.Errorf("connect to %s in the cluster: %w", address, err)
	}
	return net.FileConn(file)
}

// connect connects a socket that does not block.
func connect(ctx context.Context, file *os.File, to netip.AddrPort) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = file.SetWriteDeadline(time.Now()) }) // it is about to be closed otherwise
	defer stop()
	began, outcome := false, error(nil)
	err = raw.Write(func(fd uintptr) bool {
		if !began {
			began, outcome = true, unix.Connect(int(fd), &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
			return outcome != unix.EINPROGRESS
		}
		outcome = connected(int(fd))
		return outcome != unix.ENOTCONN
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return outcome
}

// connected returns why a socket could not be connected, or unix.ENOTCONN while it is being
// connected: a new socket may be called ready before that.
func connected(descriptor int) error {
	code, err := unix.GetsockoptInt(descriptor, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return syscall.Errno(code)
	}
	_, err = unix.Getpeername(descriptor)
	return err
}
