package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"

	"gondor/app"
	"gondor/cluster"
	"gondor/cluster/local/supervisor"
)

// checkAddress refuses an address that is taken before anything is made. A supervisor
// that runs already may hold the address for us.
func (s *server) checkAddress(ctx context.Context) error {
	if s.options.engine == cluster.Local {
		if _, err := supervisor.Dial(ctx, filepath.Join(s.options.data, "engine", "supervisor")); err == nil {
			return nil
		}
		s.alone = true
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.options.listen)
	if err != nil {
		return s.cannotListen(err)
	}
	return listener.Close()
}

func (s *server) cannotListen(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) || app.CodeOf(err) == app.CodeConflict {
		return app.Conflict("", "something else listens on %s; stop it, or choose another address with --listen", s.options.listen)
	}
	return fmt.Errorf("listen on %s: %w", s.options.listen, err)
}

func (s *server) listen(ctx context.Context) (err error) {
	s.listener, err = s.engine.Listen(ctx, "tcp", s.options.listen)
	if err != nil {
		return s.cannotListen(err)
	}
	s.closers = append(s.closers, s.listener)
	s.url = s.options.urlOf(s.listener.Addr())
	if s.options.kube.ready == "" {
		return nil
	}
	if s.ready, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.options.kube.ready); err != nil {
		return fmt.Errorf("listen on %s for the kubelet: %w", s.options.kube.ready, err)
	}
	s.closers = append(s.closers, s.ready)
	return nil
}
