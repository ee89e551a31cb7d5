package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/cli/dotenv"
	"gondor/web/api"
)

// What variables can be set on.
const (
	ownerSite     = "site"
	ownerInstance = "instance"
	ownerService  = "service"
)

// envFlags are the flags of the env commands.
type envFlags struct {
	on      string
	service string
	build   bool
	values  bool
}

func (p *Program) envCommand() *cobra.Command {
	var f envFlags
	set := &cobra.Command{
		Use: "set KEY=VALUE...", Short: "Set variables", Args: some("KEY=VALUE"),
		RunE: func(c *cobra.Command, args []string) error { return p.envSet(c.Context(), f, args) },
	}
	unset := &cobra.Command{
		Use: "unset KEY...", Short: "Unset variables", Args: some("KEY"), ValidArgsFunction: p.completeOne(p.variableKeys),
		RunE: func(c *cobra.Command, args []string) error { return p.envUnset(c.Context(), f, args) },
	}
	show := &cobra.Command{
		Use: "list", Short: "List the variables, without their values unless --values", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.envList(c.Context(), f) },
	}
	show.Flags().BoolVar(&f.values, "values", false, "show the values too")
	load := p.envImport(&f)
	for _, c := range []*cobra.Command{set, load} {
		c.Flags().BoolVar(&f.build, "build", false, "give them to builds and not to processes")
	}
	c := family("env", "Environment variables; the nearest wins: service, instance, site", set, unset, load, show)
	c.PersistentFlags().StringVar(&f.on, "on", ownerInstance, "what they are set on: site or instance")
	c.PersistentFlags().StringVar(&f.service, "service", "", "the service that they are set on")
	return c
}

// some refuses to go on without an argument.
func some(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("%s needs at least one %s", c.CommandPath(), name)
		}
		return nil
	}
}

// owner finds what variables are set on, and how it is called.
func (p *Program) owner(ctx context.Context, f envFlags) (api.VariableOwner, string, error) {
	switch {
	case f.service != "" || f.on == ownerService:
		service, err := p.findService(ctx, f.service)
		return api.VariableOwner{Service: service.URL}, "the service " + service.Name, err
	case f.on == ownerSite:
		site, err := p.findSite(ctx)
		return api.VariableOwner{Site: site.URL}, "the site " + site.Name, err
	case f.on == ownerInstance:
		instance, err := p.findInstance(ctx)
		return api.VariableOwner{Instance: instance.URL}, "the instance " + instance.Label, err
	}
	return api.VariableOwner{}, "", usage("--on %q is unknown; use site or instance, or name a service with --service", f.on)
}

func (p *Program) envSet(ctx context.Context, f envFlags, assignments []string) error {
	variables := make([]dotenv.Variable, len(assignments))
	for i, text := range assignments {
		v, err := dotenv.Split(text)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err) // which may be a secret, so it is not told
		}
		variables[i] = v
	}
	return p.setVariables(ctx, f, variables)
}

func (p *Program) setVariables(ctx context.Context, f envFlags, variables []dotenv.Variable) error {
	o, name, err := p.owner(ctx, f)
	if err != nil {
		return err
	}
	changes := make([]api.NewVariable, len(variables))
	for i, v := range variables {
		changes[i] = api.NewVariable{Site: o.Site, Instance: o.Instance, Service: o.Service, Key: v.Key, Value: &v.Value, Build: f.build}
	}
	if _, err := p.server.SetVariables(ctx, changes); err != nil {
		return err
	}
	return p.changed("Set", len(changes), name)
}

func (p *Program) envUnset(ctx context.Context, f envFlags, keys []string) error {
	o, name, err := p.owner(ctx, f)
	if err != nil {
		return err
	}
	there, err := p.server.Variables(ctx, o)
	if err != nil {
		return err
	}
	changes := make([]api.NewVariable, len(keys))
	for i, key := range keys {
		at := slices.IndexFunc(there, func(v api.Variable) bool { return v.Key == key })
		if at < 0 {
			return app.Fault(app.CodeNotFound, "%s has no variable %s; nothing was changed", name, key)
		}
		changes[i] = api.NewVariable{Site: o.Site, Instance: o.Instance, Service: o.Service, Key: key, Build: there[at].Build}
	}
	if _, err := p.server.SetVariables(ctx, changes); err != nil {
		return err
	}
	return p.changed("Unset", len(keys), name)
}

func (p *Program) changed(what string, count int, owner string) error {
	if p.flags.output == outputJSON {
		return nil
	}
	plural := "s"
	if count == 1 {
		plural = ""
	}
	return p.say("%s %d variable%s of %s. What runs gets a new release with them.", what, count, plural, owner)
}
