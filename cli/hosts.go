package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) hostsCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the host names of the instance", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listHosts(c.Context()) },
	}
	create := &cobra.Command{
		Use: "create HOST", Short: "Let a host name reach the instance", Args: takes("HOST"),
		RunE: func(c *cobra.Command, args []string) error { return p.createHost(c.Context(), args[0]) },
	}
	return family("hosts", "Host names of your own", list, create, p.hostsDelete())
}

func (p *Program) listHosts(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	hosts, err := p.server.Hosts(ctx, instance.URL)
	if err != nil {
		return err
	}
	return list(p, hosts, column[api.Host]{"HOST", func(h api.Host) string { return h.Host }})
}

func (p *Program) createHost(ctx context.Context, name string) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	host, err := p.server.CreateHost(ctx, api.NewHost{Instance: instance.URL, Host: name})
	if err != nil {
		return err
	}
	return p.made(host, "%s now reaches %s. Let its DNS record lead to this server.", host.Host, instance.Label)
}

func (p *Program) hostsDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete HOST", Short: "Let a host name reach the instance no more", Args: takes("HOST"),
		ValidArgsFunction: p.completeOne(p.hostNames),
		RunE: func(c *cobra.Command, args []string) error {
			instance, err := p.findInstance(c.Context())
			if err != nil {
				return err
			}
			host, err := p.server.FindHost(c.Context(), instance.URL, args[0])
			if app.IsNotFound(err) {
				return app.Fault(app.CodeNotFound, "the instance %s has no host %q", instance.Label, args[0])
			}
			if err != nil {
				return err
			}
			return p.remove(c.Context(), host.URL, "the host "+host.Host, yes)
		},
	}
	yesFlag(c, &yes)
	return c
}
