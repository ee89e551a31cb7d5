package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) alertsCommand() *cobra.Command {
	return family("alerts", "What is wrong, and who is told of it",
		p.alertsList(), p.alertsReceivers(), p.alertsAdd(), p.alertsTest(), p.alertsRemove())
}

func (p *Program) alertsList() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "list", Short: "List what is wrong in the instance", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listAlerts(c.Context(), all) },
	}
	c.Flags().BoolVar(&all, "all", false, "also what was wrong and has ended")
	return c
}

func (p *Program) listAlerts(ctx context.Context, all bool) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	alerts, err := p.server.Alerts(ctx, instance.URL, !all)
	if err != nil {
		return err
	}
	if len(alerts) == 0 && !all && p.flags.output != outputJSON {
		return p.say("Nothing is wrong in %s.", instance.Label)
	}
	return list(p, alerts,
		column[api.Alert]{"BEGAN", func(a api.Alert) string { return moment(a.Began) }},
		column[api.Alert]{"ENDED", func(a api.Alert) string {
			if a.Ended == nil {
				return ""
			}
			return moment(*a.Ended)
		}},
		column[api.Alert]{"WHAT", func(a api.Alert) string { return a.Title }},
	)
}
