package drain

import (
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// unacknowledged is how many bytes of what was written to a connection the machine of the far
// end has not acknowledged (SIOCOUTQ, tcp(7)); io.EOF when it is not open any more.
func unacknowledged(c *net.TCPConn) (int, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var left int
	var info *unix.TCPInfo
	var failed error
	err = raw.Control(func(fd uintptr) {
		if left, failed = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); failed == nil {
			info, failed = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		}
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, os.NewSyscallError("look at a connection", failed)
	case info.State != unix.BPF_TCP_ESTABLISHED:
		return 0, io.EOF
	}
	return left, nil
}
