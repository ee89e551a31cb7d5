package router

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// mostRequestHead bounds the head of a client's request; a larger one is answered by 431.
const mostRequestHead = 64 << 10

// Serve answers the requests of a listener until ctx ends. Then it sends its clients away
// for Limits.Farewell: it goes on answering, and each answer closes its connection. When
// there are none it goes on for Limits.Linger all the same: who sends connections here may
// not have heard yet. What is left it shuts down: it closes the listener, lets requests
// end for Limits.Shutdown, closes WebSockets with status 1001, and returns ctx's error. An
// error of the listener is returned at once.
func (r *Router) Serve(ctx context.Context, listener net.Listener) error {
	f := newFront()
	server := &http.Server{
		Handler:                      r,
		MaxHeaderBytes:               mostRequestHead,
		ReadHeaderTimeout:            r.limits.Head,
		IdleTimeout:                  r.limits.Idle,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(r.logger.Handler(), slog.LevelDebug),
		ConnContext:                  f.context,
		ConnState:                    f.count,
	}
	group, gctx := errgroup.WithContext(ctx)
	served := make(chan struct{})
	group.Go(func() error {
		defer close(served)
		err := server.Serve(listener)
		if gctx.Err() != nil && errors.Is(err, net.ErrClosed) {
			return nil // by what follows
		}
		return err
	})
	group.Go(func() error {
		<-gctx.Done()
		if ctx.Err() != nil { // and the listener takes connections still
			f.farewell(r.limits.Linger, r.limits.Farewell)
		}
		err := listener.Close()
		<-served
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
		f.hear(r.limits.Farewell)
		return errors.Join(err, r.shutdown(gctx, server, f))
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
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
		b.closeTunnels(leaving, func(t *tunnel) bool { return t.front == f })
	}
	f.tunnels.Wait()
	r.backends.expire(time.Now())
	return nil
}
