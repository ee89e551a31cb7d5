package world

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// inHub makes a socket in the network of the cluster. The thread that went there never comes
// back: it ends with its goroutine.
func inHub[T any](socket func() (T, error)) (T, error) {
	type result struct {
		socket T
		err    error
	}
	results := make(chan result, 1)
	go func() {
		runtime.LockOSThread()
		if err := enterHub(); err != nil {
			results <- result{err: err}
			return
		}
		s, err := socket()
		results <- result{s, err}
	}()
	r := <-results
	return r.socket, r.err
}

func enterHub() error {
	file, err := os.Open(ownHub)
	if err != nil {
		return fmt.Errorf("enter the network of the cluster: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only looked at
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the network of the cluster: %w", err)
	}
	return nil
}

// listenHub listens on a port of the cluster's switch, which pods reach.
func listenHub(ctx context.Context) (net.Listener, error) {
	return inHub(func() (net.Listener, error) {
		return new(net.ListenConfig).Listen(ctx, "tcp", hubAddress+":0")
	})
}
