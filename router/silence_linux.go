package router

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// endureSilence sets how long what was sent to a backend may stay unacknowledged, and its
// probes unanswered, before the connection fails (TCP_USER_TIMEOUT, tcp(7)).
func endureSilence(raw syscall.RawConn, limit time.Duration) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(limit.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt", failed)
}
