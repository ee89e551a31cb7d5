package cli

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) drainsCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List where the logs of the instance are sent, and how that goes", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listDrains(c.Context()) },
	}
	add := &cobra.Command{
		Use: "add URL", Short: "Send the logs of the instance to a syslog server or an HTTP endpoint", Args: takes("URL"),
		Long: "Send the logs of the instance to a syslog server or an HTTP endpoint, from now on: the output of its\n" +
			"services, releases, runs and task runs, and its access log. See docs/drains.md.",
		Example: "  gondor drains add syslog+tls://logs.example.com:6514\n" +
			"  gondor drains add https://user:password@logs.example.com/intake",
		RunE: func(c *cobra.Command, args []string) error { return p.addDrain(c.Context(), args[0]) },
	}
	c := family("drains", "Where logs are sent", list, add, p.drainsRemove())
	c.RunE = func(c *cobra.Command, _ []string) error { return p.listDrains(c.Context()) }
	return c
}

func (p *Program) listDrains(ctx context.Context) error {
	_, drains, err := p.drains(ctx)
	if err != nil {
		return err
	}
	return list(p, drains,
		column[api.Drain]{"DRAIN", drainID},
		column[api.Drain]{"URL", func(d api.Drain) string { return d.Target }},
		column[api.Drain]{"SENT", func(d api.Drain) string { return strconv.FormatUint(d.Sent, 10) }},
		column[api.Drain]{"LOST", func(d api.Drain) string { return strconv.FormatUint(d.Lost, 10) }},
		column[api.Drain]{"BEHIND", func(d api.Drain) string { return (time.Duration(d.Behind) * time.Second).String() }},
		column[api.Drain]{"STATE", stateOfDrain},
	)
}

func drainID(d api.Drain) string { return idOf(d.URL) }

// drains are those of the instance.
func (p *Program) drains(ctx context.Context) (api.Instance, []api.Drain, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return instance, nil, err
	}
	drains, err := p.server.Drains(ctx, instance.URL)
	return instance, drains, err
}

func stateOfDrain(d api.Drain) string {
	if d.Failure == "" && d.Success == nil {
		return "nothing sent yet"
	}
	return cmp.Or(d.Failure, "well")
}

func (p *Program) addDrain(ctx context.Context, target string) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	drain, err := p.server.CreateDrain(ctx, api.NewDrain{Instance: instance.URL, Target: target})
	if err != nil {
		return err
	}
	return p.made(drain, "What %s writes from now on is sent to %s.", instance.Label, drain.Target)
}

func (p *Program) drainsRemove() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "remove DRAIN", Short: "Send the logs there no more; DRAIN is its URL, or the name that the list has for it",
		Args: takes("DRAIN"), ValidArgsFunction: p.completeOne(p.drainNames),
		RunE: func(c *cobra.Command, args []string) error {
			drain, err := p.findDrain(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.remove(c.Context(), drain.URL, "the drain to "+drain.Target, yes)
		},
	}
	yesFlag(c, &yes)
	return c
}

// findDrain returns the drain that is meant by its ID, or by a URL in whose visible parts no
// other is like it. The secret ones are not sent anywhere.
func (p *Program) findDrain(ctx context.Context, meant string) (api.Drain, error) {
	instance, drains, err := p.drains(ctx)
	if err != nil {
		return api.Drain{}, err
	}
	shown := meant
	if at, err := url.Parse(meant); err == nil && at.Host != "" {
		shown = app.MaskDrainTarget(at)
	}
	var found []api.Drain
	for _, d := range drains {
		if drainID(d) == meant || d.Target == shown {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return api.Drain{}, app.Fault(app.CodeNotFound, "the instance %s has no drain to %s; gondor drains shows those that it has", instance.Label, shown)
	}
	return api.Drain{}, usage("%d drains look like %s; name the one that is meant as gondor drains has it under DRAIN", len(found), shown)
}

func (p *Program) drainNames(ctx context.Context) ([]string, error) {
	_, drains, err := p.drains(ctx)
	return names(drains, func(d api.Drain) string { return d.Target }), err
}
