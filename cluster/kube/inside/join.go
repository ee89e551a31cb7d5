package inside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

const (
	// joinPatience is how long process 1 may take to listen after its container started.
	joinPatience = 15 * time.Second
	joinInterval = 20 * time.Millisecond
)

// Join carries frames between its standard input and output and process 1, which listens
// on the socket, until either ends. The end of in means that who attached has gone.
func Join(ctx context.Context, socket string, in io.Reader, out io.Writer) error {
	conn, err := dial(ctx, socket)
	if err != nil {
		return fmt.Errorf("reach process 1: %w", err)
	}
	defer func() { _ = conn.Close() }() // whatever it sent has been read
	go func() {
		_, _ = io.Copy(conn, in) // however it ends, nobody is there any more
		_ = conn.Close()
	}()
	_, err = io.Copy(out, conn)
	if err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("carry what the process writes: %w", err)
	}
	return nil
}

// dial waits for process 1 to listen.
func dial(ctx context.Context, socket string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	ticker := time.NewTicker(joinInterval)
	defer ticker.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			return conn, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-ticker.C:
		}
	}
}
