package router

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// mostRequestHead bounds the head of a client's request; a larger one is answered by 431.
const mostRequestHead = 64 << 10

// Serve answers the requests of a listener until ctx ends. Then it closes the listener,
// lets requests end for Limits.Shutdown, closes WebSockets with status 1001, and returns
// ctx's error. An error of the listener is returned at once.
func (r *Router) Serve(ctx context.Context, listener net.Listener) error {
	f := &front{}
	server := &http.Server{
		Handler:                      r,
		MaxHeaderBytes:               mostRequestHead,
		ReadHeaderTimeout:            r.limits.Head,
		IdleTimeout:                  r.limits.Idle,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(r.logger.Handler(), slog.LevelDebug),
		ConnContext:                  f.context,
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-gctx.Done()
		return r.shutdown(gctx, server, f)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// front is one Serve, as its tunnels see it: net/http forgets connections that are taken
// over.
type front struct {
	tunnels sync.WaitGroup
	closing atomic.Bool
}

// shutdown lets requests end, then cuts what remains.
func (r *Router) shutdown(ctx context.Context, server *http.Server, f *front) error {
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.limits.Shutdown)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		r.logger.Warn("requests were cut off by the shutdown", "error", err)
		_ = server.Close()
	}
	f.closing.Store(true) // before the look at the tunnels: one that comes later sees it
	for _, b := range r.backends.all() {
		b.closeTunnels(func(t *tunnel) bool { return t.front == f })
	}
	f.tunnels.Wait()
	r.backends.expire(time.Now())
	return nil
}

// connKey and frontKey are the context keys of the client's net.Conn and of the front
// that accepted it.
type (
	connKey  struct{}
	frontKey struct{}
)

func (f *front) context(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(context.WithValue(ctx, frontKey{}, f), connKey{}, c)
}

// frontOf returns the front of a request; one of its own for a request that another
// server than Serve's has accepted.
func frontOf(req *http.Request) *front {
	if f, ok := req.Context().Value(frontKey{}).(*front); ok {
		return f
	}
	return &front{}
}
