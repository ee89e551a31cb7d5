package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) groupsCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the resource groups that you may see", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listGroups(c.Context()) },
	}
	return family("resource-groups", "Who owns sites", list)
}

func (p *Program) listGroups(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	groups, err := client.ResourceGroups(ctx)
	if err != nil {
		return err
	}
	return list(p, groups,
		column[api.ResourceGroup]{"NAME", func(g api.ResourceGroup) string { return g.Name }},
		column[api.ResourceGroup]{"PERSONAL", func(g api.ResourceGroup) string { return yesNo(g.Personal) }},
		column[api.ResourceGroup]{"ID", func(g api.ResourceGroup) string { return strconv.FormatUint(g.ID, 10) }},
	)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
