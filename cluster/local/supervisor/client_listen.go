package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Listen returns a listener on the address (network "tcp", "tcp4", "tcp6" or "unix")
// whose socket the supervisor keeps open: while no client accepts, connections wait in
// its backlog. Asking for the same network and address again returns the same socket, also
// for an address with port 0. Closing the listener leaves the socket open; see Unlisten.
// CodeConflict when somebody else has the address.
func (c *Client) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	k, err := c.open(ctx, request{Op: opListen, Network: network, Address: address})
	if err != nil {
		return nil, err
	}
	defer k.end()
	if _, err := k.next(); err != nil {
		return nil, err
	}
	socket, err := receiveFile(k.UnixConn)
	if err != nil {
		return nil, k.lost(err)
	}
	return listenerOf(socket, address)
}

// Unlisten closes the supervisor's own end of a socket that was asked for by this network
// and address. No error when there is none.
func (c *Client) Unlisten(ctx context.Context, network, address string) error {
	_, err := c.ask(ctx, request{Op: opUnlisten, Network: network, Address: address})
	return err
}

// listenerOf makes a listener of a socket and closes the file.
func listenerOf(socket *os.File, address string) (net.Listener, error) {
	defer func() { _ = socket.Close() }()
	l, err := net.FileListener(socket)
	if err != nil {
		return nil, fmt.Errorf("take over the socket of %s: %w", address, err)
	}
	return l, nil
}

// sendFile sends one byte and with it a file.
func sendFile(c *net.UnixConn, fd uintptr) error {
	_, _, err := c.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(fd)), nil)
	return err
}

// receiveFile reads one byte and the file that comes with it.
func receiveFile(c *net.UnixConn) (*os.File, error) {
	data, control := make([]byte, 1), make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := c.ReadMsgUnix(data, control)
	if err != nil {
		return nil, fmt.Errorf("receive a socket: %w", err)
	}
	messages, err := syscall.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("receive a socket: %w", errors.Join(err, errFrame))
	}
	files, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("receive a socket: %w", errors.Join(err, errFrame))
	}
	return os.NewFile(uintptr(files[0]), "socket"), nil
}
