package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) servicesCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the services of the instance", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listServices(c.Context()) },
	}
	env := &cobra.Command{
		Use: "env SERVICE [KEY=VALUE...]", Short: "Set variables of one service, or list them",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) error {
			return p.envOf(c.Context(), ownerService, args[0], args[1:])
		},
	}
	return family("services", "The parts of an instance", list, p.servicesCreate(), p.servicesConfig(),
		p.servicesScale(), p.servicesRestart(), p.servicesDelete(), env)
}

func (p *Program) listServices(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	services, err := p.server.Services(ctx, instance.URL)
	if err != nil {
		return err
	}
	return list(p, services, serviceColumns...)
}

// serviceColumns are how a service stands in a table.
var serviceColumns = []column[api.Service]{
	{"SERVICE", func(s api.Service) string { return s.Name }},
	{"KIND", func(s api.Service) string { return string(s.Kind) }},
	{"STATE", func(s api.Service) string { return string(s.State) }},
	{"RELEASE", func(s api.Service) string { return numbered(s.Release) }},
	{"HEALTHY", func(s api.Service) string { return fmt.Sprintf("%d of %d", s.HealthyReplicas, s.DesiredReplicas) }},
	{"SIZE", func(s api.Service) string { return s.Size }},
}

// numbered writes the number of a release, "" for none.
func numbered(release int) string {
	if release == 0 {
		return ""
	}
	return "v" + strconv.Itoa(release)
}

func (p *Program) servicesCreate() *cobra.Command {
	var n api.NewService
	var replicas int
	c := &cobra.Command{
		Use: "create KIND --name NAME", Short: "Make a service of kind web or worker", Args: takes("KIND"),
		Long: "Make a service of kind web or worker. Its name is the process type of the Procfile that it runs;\n" +
			"a service of kind web is called web unless you say otherwise.",
		RunE: func(c *cobra.Command, args []string) error {
			n.Kind = app.ServiceKind(args[0])
			if c.Flags().Changed("replicas") {
				n.Replicas = &replicas
			}
			return p.createService(c.Context(), n)
		},
	}
	c.Flags().StringVar(&n.Name, "name", "", "the process type that it runs")
	c.Flags().StringVar(&n.Version, "version", "", "the version of a datastore")
	c.Flags().StringVar(&n.Size, "size", "", "small, medium, large or xlarge")
	c.Flags().IntVar(&replicas, "replicas", 1, "how many of it run")
	return c
}

func (p *Program) createService(ctx context.Context, n api.NewService) error {
	if n.Name == "" && n.Kind == app.Web {
		n.Name = string(app.Web)
	}
	if n.Name == "" {
		return usage("the name is missing; name the process type that the service runs with --name")
	}
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	n.Instance = instance.URL
	service, err := p.server.CreateService(ctx, n)
	if err != nil {
		return err
	}
	return p.made(service, "Made the service %s of %s. The next deploy starts it.", service.Name, instance.Label)
}

func (p *Program) servicesScale() *cobra.Command {
	var replicas int
	c := &cobra.Command{
		Use: "scale SERVICE --replicas N", Short: "Say how many of a service run; 0 stops it", Args: takes("SERVICE"),
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("replicas") {
				return usage("the number is missing; say --replicas N")
			}
			return p.updateService(c.Context(), args[0], api.ServiceUpdate{DesiredReplicas: &replicas},
				"%s is to run "+strconv.Itoa(replicas)+" times.")
		},
	}
	c.Flags().IntVar(&replicas, "replicas", 0, "how many of it run")
	return c
}

func (p *Program) servicesRestart() *cobra.Command {
	return &cobra.Command{
		Use: "restart SERVICE", Short: "Replace the processes of a service by new ones", Args: takes("SERVICE"),
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) error {
			restarted := api.Restarted
			return p.updateService(c.Context(), args[0], api.ServiceUpdate{DesiredState: &restarted}, "%s is being restarted.")
		},
	}
}

// updateService changes a service and says so; told has a place for its name.
func (p *Program) updateService(ctx context.Context, name string, u api.ServiceUpdate, told string) error {
	service, err := p.findService(ctx, name)
	if err != nil {
		return err
	}
	if service, err = p.server.UpdateService(ctx, service.URL, u); err != nil {
		return err
	}
	return p.made(service, told, service.Name)
}

func (p *Program) servicesDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete SERVICE", Short: "Delete a service", Args: takes("SERVICE"),
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) error {
			service, err := p.findService(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.remove(c.Context(), service.URL, "the service "+service.Name, yes)
		},
	}
	yesFlag(c, &yes)
	return c
}
