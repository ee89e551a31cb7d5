package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"gondor/cluster/kube/registry/token"
)

// serveBeside serves HTTP at an address, beside other work, until ctx ends.
func serveBeside(ctx context.Context, address string, handler http.Handler, work part, log *slog.Logger) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer settle()()
	log.Info("ready", "address", listener.Addr().String())
	serve := part{"listener", func(ctx context.Context) error { return serveGracefully(ctx, listener, handler) }}
	return inOrder(ctx, work, serve)
}

// readKey reads the file of a key; whose says in an error what the key is of.
func (p *Program) readKey(whose, file string) ([]byte, error) {
	contents, err := os.ReadFile(p.absolute(file))
	if err != nil {
		return nil, fmt.Errorf("read the key of %s: %w", whose, err)
	}
	return token.Key(contents)
}

// requestGrace is how long requests under way may take once the process is to end.
const requestGrace = 30 * time.Second

// serveGracefully serves until ctx ends, then lets requests end.
func serveGracefully(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestGrace)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(grace), server.Close())
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve: %w", err)
	}
	return <-stopped
}
