package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/spf13/cobra"

	"gondor/cluster"
)

// envAdminPassword is the password that the first user gets; a random one without it.
const envAdminPassword = "GONDOR_ADMIN_PASSWORD"

func (p *Program) serveCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use: "serve --data DIR --domain DOMAIN", Short: "Run a server", Args: takes(),
		Long: "Run a server: the dashboard and the API at DOMAIN, sites at names below it. SIGTERM ends it and\n" +
			"leaves the sites running. The first start makes the user admin, with the password in " + envAdminPassword + "\n" +
			"or a random one that is printed once.\n\n" +
			"Alerts go out by mail when " + envMail + " names a server, such as smtp://USER:PASSWORD@HOST:587, and\n" +
			envMailFrom + " an address. " + envHeartbeat + " is asked for once a minute while all is well.",
		RunE: func(c *cobra.Command, _ []string) error { return p.serve(c.Context(), f) },
	}
	f.environment = p.io.Env
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", ":80", "the address to listen on")
	flags.StringVar(&f.data, "data", "", "the directory that everything is kept in")
	flags.StringVar(&f.domain, "domain", "", "the host name of the dashboard; sites get names below it")
	flags.StringVar(&f.publicURL, "public-url", "", "where people reach DOMAIN (default: http://DOMAIN with the port of --listen)")
	flags.StringVar(&f.engine, "engine", cluster.Local, "what runs the sites: local or kube")
	flags.StringSliceVar(&f.trusted, "trusted-proxies", nil, "networks whose forwarding headers are believed: CIDR,…")
	flags.StringVar(&f.diskBudget, "disk-budget", "", "how much disk Gondor may keep, without the data of sites, such as 20Gi (default: 80% of its file system)")
	f.kube.bind(flags)
	return c
}

// serve runs a server until ctx ends.
func (p *Program) serve(ctx context.Context, f serveFlags) error {
	o, err := f.read(p.io.Dir)
	if err != nil {
		return err
	}
	o.log = slog.New(slog.NewTextHandler(p.io.Stderr, nil))
	if o.engine == cluster.Kube {
		return p.serveKube(ctx, o)
	}
	return p.serveOpened(ctx, o)
}

// serveOpened opens a server and runs it.
func (p *Program) serveOpened(ctx context.Context, o serverOptions) error {
	s, err := openServer(ctx, o)
	if err != nil {
		return err
	}
	used, err := s.app.Bootstrap(ctx, p.io.Env(envAdminPassword))
	if err != nil {
		return errors.Join(err, s.undo(ctx))
	}
	defer s.close()
	defer settle()()
	if used != "" && p.io.Env(envAdminPassword) == "" {
		if err := p.say("user      admin\npassword  %s", used); err != nil {
			return err
		}
	}
	return s.run(ctx, func() {
		o.log.Info("ready", "url", s.url.String(), "address", s.listener.Addr().String())
		if err := tellReady(ctx, p.io.Env(envNotify)); err != nil {
			o.log.Error("tell systemd that the server is ready", "error", err)
		}
	})
}

// envNotify is the socket on which systemd waits for a word of a service that starts.
const envNotify = "NOTIFY_SOCKET"

// tellReady says on that socket that the server serves (sd_notify(3)); nothing when it is
// empty.
func tellReady(ctx context.Context, socket string) error {
	if socket == "" {
		return nil
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "unixgram", socket)
	if err != nil {
		return err
	}
	_, err = c.Write([]byte("READY=1"))
	return errors.Join(err, c.Close())
}
