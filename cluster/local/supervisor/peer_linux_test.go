package supervisor

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer tells the process at the other end of a connection.
func peer(c *net.UnixConn, pid *int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			*pid = int(cred.Pid)
		}
	})
}
