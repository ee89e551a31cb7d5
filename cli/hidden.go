package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gondor/build"
	"gondor/cli/demosite"
	"gondor/cluster/local/supervisor"
)

// serverCommands are those that run beside a server, not against one.
func (p *Program) serverCommands() []*cobra.Command {
	return []*cobra.Command{
		p.serveCommand(), p.routerCommand(), p.installCommand(), p.demoCommand(), p.backupCommand(),
		p.imageCommand(), p.registryCommand(), p.agentCommand(),
		p.supervisorCommand(), p.staticCommand(), p.demoSiteCommand(), p.insideCommand(),
	}
}

// supervisorCommand is what the local engine starts beside itself.
func (p *Program) supervisorCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "supervisor --dir DIR", Short: "Run the supervisor of a data directory", Hidden: true, Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			defer settle()()
			return supervisor.Run(c.Context(), supervised(supervisor.Options{Dir: dir, Version: version()}))
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "the supervisor's directory")
	return c
}

// staticCommand is the web process of a site of static files.
func (p *Program) staticCommand() *cobra.Command {
	return &cobra.Command{
		Use: "static DIR", Short: "Serve the files of a directory on $PORT", Hidden: true, Args: takes("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			dir := args[0]
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(p.io.Dir, dir)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				return fmt.Errorf("open the directory to serve: %w", err)
			}
			defer func() { _ = root.Close() }() // it was only read
			return p.servePort(c.Context(), build.StaticHandler(root.FS()))
		},
	}
}

// demoSiteCommand runs the processes of the demo's site.
func (p *Program) demoSiteCommand() *cobra.Command {
	web := &cobra.Command{
		Use: "web", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.servePort(c.Context(), demosite.Handler(p.io.Env, time.Now()))
		},
	}
	worker := &cobra.Command{
		Use: "worker", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return demosite.Work(c.Context(), p.io.Env, p.io.Stdout) },
	}
	c := family("demo-site", "The processes of the demo's site", web, worker)
	c.Hidden = true
	return c
}

// portGrace is how long requests in flight may take once the process is to end.
const portGrace = 10 * time.Second

// servePort serves HTTP on $PORT of $HOST, by default of the loopback interface, until ctx ends, then lets
// requests end; those that go on for ever are ended at once.
func (p *Program) servePort(ctx context.Context, handler http.Handler) error {
	port := p.io.Env("PORT")
	if port == "" {
		return usage("PORT is not set; it says where to listen")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(cmp.Or(p.io.Env("HOST"), "127.0.0.1"), port))
	if err != nil {
		return fmt.Errorf("listen on PORT: %w", err)
	}
	if err := p.say("Listening on port %s.", port); err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 30 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), portGrace)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve on PORT: %w", err)
	}
	return <-stopped
}
