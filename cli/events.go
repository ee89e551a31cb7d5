package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) eventsCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "events", Short: "Show what happened in the instance, newest first", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listEvents(c.Context(), limit) },
	}
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many")
	return c
}

func (p *Program) listEvents(ctx context.Context, limit int) error {
	if err := checkLimit(limit); err != nil {
		return err
	}
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	events, err := p.server.InstanceEvents(ctx, instance.URL, limit)
	if err != nil {
		return err
	}
	return list(p, events,
		column[api.InstanceEvent]{"AT", func(e api.InstanceEvent) string { return moment(e.At) }},
		column[api.InstanceEvent]{"BY", func(e api.InstanceEvent) string { return e.User }},
		column[api.InstanceEvent]{"WHAT", func(e api.InstanceEvent) string { return e.Text }},
	)
}
