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
		*pid, _ = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	})
}
