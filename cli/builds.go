package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) buildsCommand() *cobra.Command {
	var limit int
	show := &cobra.Command{
		Use: "list", Short: "List the builds of the site, or of --instance, newest first", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listBuilds(c.Context(), limit) },
	}
	show.Flags().IntVar(&limit, "limit", 20, "how many")
	return family("builds", "Sources that were turned into something that runs", show)
}

func (p *Program) listBuilds(ctx context.Context, limit int) error {
	if err := checkLimit(limit); err != nil {
		return err
	}
	filter, err := p.buildFilter(ctx)
	if err != nil {
		return err
	}
	filter.Limit = limit
	builds, err := p.server.Builds(ctx, filter)
	if err != nil {
		return err
	}
	return list(p, builds,
		column[api.Build]{"CREATED", func(b api.Build) string { return moment(b.Created) }},
		column[api.Build]{"STATE", func(b api.Build) string { return string(b.State) }},
		column[api.Build]{"REF", func(b api.Build) string { return cmp.Or(b.Image, b.Ref) }},
		column[api.Build]{"COMMIT", func(b api.Build) string { return short(b.SHA) }},
		column[api.Build]{"LANGUAGE", func(b api.Build) string { return b.Language }},
		column[api.Build]{"BY", func(b api.Build) string { return b.Creator }},
		column[api.Build]{"MESSAGE", func(b api.Build) string { return b.Message }},
	)
}

// buildFilter narrows to the instance only where it is named.
func (p *Program) buildFilter(ctx context.Context) (api.BuildFilter, error) {
	if p.flags.instance != "" {
		instance, err := p.findInstance(ctx)
		return api.BuildFilter{Instance: instance.URL}, err
	}
	site, err := p.findSite(ctx)
	return api.BuildFilter{Site: site.URL}, err
}
