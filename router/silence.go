package router

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// The machine of a backend that has vanished says nothing, not even that it has. It is
// noticed by two things. What was sent must be acknowledged within silence. While nothing
// is under way, and so while an answer is awaited, the kernel probes the connection each
// second, and one probe without an answer is enough. A backend that lives, however slow
// its program is, has a kernel that answers both.
const silence = 1500 * time.Millisecond

// stalled is how long a backend may leave unread what does not fit into its buffers:
// large bodies and what tunnels carry. For these silence would be too short, for Linux
// counts the time that a full buffer has been full as silence.
const stalled = time.Minute

// probing is how the kernel probes; it knows whole seconds only. Count counts where
// silence can't be set.
var probing = net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 1}

// vanished reports whether an error says that nobody answers at the address any more.
func vanished(err error) bool {
	for _, errno := range []error{syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
