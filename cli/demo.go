package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"gondor/cluster"
)

const (
	// demoGrace is how long requests in flight may take when the demo ends.
	demoGrace = 500 * time.Millisecond
	// demoStop is how long its processes may take to end.
	demoStop = time.Minute
)

func (p *Program) demoCommand() *cobra.Command {
	var listen, data string
	c := &cobra.Command{
		Use: "demo", Short: "Run a server on this machine with a site to look at", Args: takes(),
		Long: "Run a server on this machine, deploy a site to it, and print where both are:\n\n" +
			"    dashboard  URL\n    site  URL\n    user  NAME\n    password  PASSWORD\n\n" +
			"Ctrl-C ends all of it. What it keeps is removed then, unless --data names a place.",
		RunE: func(c *cobra.Command, _ []string) error { return p.demo(c.Context(), listen, data) },
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8600", "the address to listen on")
	c.Flags().StringVar(&data, "data", "", "the directory to keep everything in, for the next start too")
	return c
}

// demo runs a server with a site until ctx ends, then ends everything that it runs.
func (p *Program) demo(ctx context.Context, listen, data string) (err error) {
	if data == "" {
		if data, err = os.MkdirTemp("", "gondor-demo-"); err != nil {
			return fmt.Errorf("make a directory for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
		if err := os.Chmod(data, 0o711); err != nil { // its processes pass through it
			return fmt.Errorf("open the directory of the demo: %w", err)
		}
	}
	o, err := serveFlags{listen: listen, data: data, domain: "localhost", engine: cluster.Local}.read(p.io.Dir)
	if err != nil {
		return err
	}
	o.grace = demoGrace
	o.log = slog.New(slog.NewTextHandler(p.io.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := openServer(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stopAll(ctx)) }()
	return p.runDemo(ctx, s)
}

// runDemo serves, and shows the site as soon as that is possible.
func (p *Program) runDemo(ctx context.Context, s *server) error {
	password, err := s.demoPassword(ctx, p.io.Env(envAdminPassword))
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return s.run(within, func() { close(ready) }) })
	group.Go(func() error {
		select {
		case <-within.Done():
			return nil
		case <-ready:
			return p.present(within, s, password)
		}
	})
	if err := group.Wait(); ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return nil // Ctrl-C is how a demo ends
}

// stopAll ends everything that the server's engine runs, and closes the server.
func (s *server) stopAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), demoStop)
	defer cancel()
	err := s.engine.Shutdown(ctx)
	s.close()
	return err
}
