package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

// serviceConfig is what services config shows.
type serviceConfig struct {
	Size string `json:"size"`
}

func (p *Program) servicesConfig() *cobra.Command {
	get := &cobra.Command{
		Use: "get SERVICE", Short: "Show the settings of a service", Args: takes("SERVICE"),
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE:              func(c *cobra.Command, args []string) error { return p.getServiceConfig(c.Context(), args[0]) },
	}
	return family("config", "The settings of a service", get, p.servicesConfigSet())
}

func (p *Program) servicesConfigSet() *cobra.Command {
	var size string
	c := &cobra.Command{
		Use: "set SERVICE --size SIZE", Short: "Change the settings of a service, which restarts it", Args: takes("SERVICE"),
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) error {
			if size == "" {
				return usage("there is nothing to set; say --size small, medium, large or xlarge")
			}
			return p.updateService(c.Context(), args[0], api.ServiceUpdate{Size: &size}, "%s is now of size "+size+".")
		},
	}
	c.Flags().StringVar(&size, "size", "", "small, medium, large or xlarge")
	return c
}

func (p *Program) getServiceConfig(ctx context.Context, name string) error {
	service, err := p.findService(ctx, name)
	if err != nil {
		return err
	}
	return p.made(serviceConfig{service.Size}, "size   %s", service.Size)
}
