//go:build !linux

package world

import (
	"context"
	"fmt"
	"net"
)

// sockets are none: only on Linux does a cluster of test/cluster run.
type sockets struct{}

// dialHub fails.
func (*sockets) dialHub(context.Context, string, string) (net.Conn, error) {
	return nil, fmt.Errorf("%w: test/cluster runs on Linux only", ErrNone)
}

// listenHub fails for the same reason.
func listenHub(context.Context) (net.Listener, error) {
	return nil, fmt.Errorf("%w: test/cluster runs on Linux only", ErrNone)
}
