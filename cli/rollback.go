package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) rollbackCommand() *cobra.Command {
	var withEnv bool
	c := &cobra.Command{
		Use: "rollback [vN]", Short: "Release an old build again: that of vN, or of the release before",
		Args: mayTake("RELEASE"),
		RunE: func(c *cobra.Command, args []string) error {
			var to int
			if len(args) > 0 {
				var err error
				if to, err = parseNumber(args[0]); err != nil {
					return err
				}
			}
			return p.rollback(c.Context(), to, withEnv)
		},
	}
	c.Flags().BoolVar(&withEnv, "with-env", false, "with the variables that it had then")
	return c
}

func (p *Program) rollback(ctx context.Context, to int, withEnv bool) error {
	label, err := p.instanceLabel(ctx)
	if err != nil {
		return err
	}
	d, err := p.deployTo(ctx, label)
	if err != nil {
		return err
	}
	return d.run(ctx, func() error {
		made, err := d.client.Rollback(ctx, api.NewRollback{Instance: d.instance.URL, To: to, WithEnv: withEnv})
		if err != nil {
			return err
		}
		return d.tell(d.watchRelease(ctx, made))
	})
}

// parseNumber reads the number of a release: v3 or 3.
func parseNumber(text string) (int, error) {
	number, err := strconv.ParseUint(strings.TrimPrefix(text, "v"), 10, 31)
	if err != nil || number == 0 {
		return 0, usage("%q is not a release; gondor releases shows those that there are, such as v3", text)
	}
	return int(number), nil
}
