package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"gondor/app"
	"gondor/router"

	"golang.org/x/sync/errgroup"
)

// host is the name that all proxies route.
const host = "site.example.com"

// serveBackend answers everything with 1 KiB of text. It prints its address first.
func serveBackend(ctx context.Context) error {
	page := bytes.Repeat([]byte("0123456789abcde\n"), 64)
	listener, err := announce("127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Length", "1024")
		_, _ = w.Write(page)
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// announce listens and prints the address.
func announce(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	fmt.Println(listener.Addr())
	return listener, nil
}

// one is a source of a single route.
type one struct{ route app.Route }

func (o one) Routes(ctx context.Context, fn func(app.RouteChange)) error {
	fn(app.RouteChange{Route: o.route})
	fn(app.RouteChange{Synced: true})
	<-ctx.Done()
	return ctx.Err()
}

// serveRouter routes the host to a backend, with an access log in a file and, for the lines of
// instances, in their logs.
func serveRouter(ctx context.Context, address, backend string, instances bool) error {
	file, err := os.CreateTemp("", "gondor-bench-access-")
	if err != nil {
		return fmt.Errorf("make the access log: %w", err)
	}
	defer os.Remove(file.Name())
	lines := router.NewAccessLines(file)
	access := accessLogs{lines}
	if instances {
		batches, remove, err := instanceLogs()
		if err != nil {
			return err
		}
		defer remove()
		access = append(access, batches)
	}
	r := router.New(router.Options{AccessLog: access})
	listener, err := announce(address)
	if err != nil {
		return err
	}
	stopProfile, err := profile()
	if err != nil {
		return err
	}
	defer stopProfile()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return r.Run(ctx, one{app.Route{Host: host, Instance: "bench", Backends: []app.Backend{{Replica: "one", Address: backend}}}})
	})
	group.Go(func() error { return r.Serve(ctx, listener) })
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return errors.Join(lines.Close(), file.Close())
}
