package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) releasesCommand() *cobra.Command {
	show := func(c *cobra.Command, _ []string) error { return p.listReleases(c.Context()) }
	c := &cobra.Command{Use: "releases", Short: "List the releases of the instance, newest first", Args: known, RunE: show}
	c.AddCommand(&cobra.Command{Use: "list", Short: c.Short, Args: takes(), RunE: show})
	return c
}

func (p *Program) listReleases(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	releases, err := p.server.Releases(ctx, instance.URL)
	if err != nil {
		return err
	}
	return list(p, releases,
		column[api.Release]{"RELEASE", func(r api.Release) string { return numbered(r.Number) }},
		column[api.Release]{"STATE", func(r api.Release) string { return string(r.State) }},
		column[api.Release]{"CREATED", func(r api.Release) string { return moment(r.Created) }},
		column[api.Release]{"BY", func(r api.Release) string { return r.Creator }},
		column[api.Release]{"REASON", func(r api.Release) string { return r.Reason }},
		column[api.Release]{"SERVICES", func(r api.Release) string { return strings.Join(r.Services, ", ") }},
		column[api.Release]{"MESSAGE", func(r api.Release) string { return r.Message }},
	)
}
