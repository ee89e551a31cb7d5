package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) instancesCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the instances of the site", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listInstances(c.Context()) },
	}
	env := &cobra.Command{
		Use: "env [KEY=VALUE...]", Short: "Set variables of the instance, or list them",
		RunE: func(c *cobra.Command, args []string) error { return p.envOf(c.Context(), ownerInstance, "", args) },
	}
	return family("instances", "The running copies of a site", list, p.instancesCreate(), p.instancesDelete(), env)
}

func (p *Program) listInstances(ctx context.Context) error {
	site, err := p.findSite(ctx)
	if err != nil {
		return err
	}
	instances, err := p.server.Instances(ctx, site.URL)
	if err != nil {
		return err
	}
	return list(p, instances,
		column[api.Instance]{"LABEL", func(i api.Instance) string { return i.Label }},
		column[api.Instance]{"KIND", func(i api.Instance) string { return string(i.Kind) }},
		column[api.Instance]{"STATE", func(i api.Instance) string { return string(i.State) }},
		column[api.Instance]{"URL", func(i api.Instance) string { return i.WebURL }},
	)
}

func (p *Program) instancesCreate() *cobra.Command {
	var kind string
	c := &cobra.Command{
		Use: "create LABEL --kind KIND", Short: "Make an instance: production, staging or development", Args: takes("LABEL"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.createInstance(c.Context(), args[0], app.InstanceKind(kind))
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "production, staging or development")
	return c
}

func (p *Program) createInstance(ctx context.Context, label string, kind app.InstanceKind) error {
	if kind == "" {
		return usage("the kind is missing; say --kind production, staging or development")
	}
	site, err := p.findSite(ctx)
	if err != nil {
		return err
	}
	instance, err := p.server.CreateInstance(ctx, api.NewInstance{Site: site.URL, Label: label, Kind: kind})
	if err != nil {
		return err
	}
	return p.made(instance, "Made the instance %s, which will be at %s.\nGive it services with: gondor services create web --instance %s",
		instance.Label, instance.WebURL, instance.Label)
}

func (p *Program) instancesDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete LABEL", Short: "Delete an instance with all that it keeps", Args: takes("LABEL"),
		ValidArgsFunction: p.completeOne(p.instanceLabels),
		RunE: func(c *cobra.Command, args []string) error {
			instance, err := p.findInstanceOf(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.remove(c.Context(), instance.URL, "the instance "+instance.Label+" with all that it keeps", yes)
		},
	}
	yesFlag(c, &yes)
	return c
}
