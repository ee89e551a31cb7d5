package cli

import (
	"context"
	"path"

	"github.com/spf13/cobra"

	"gondor/web/api"
)

func (p *Program) sitesCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the sites that you may see", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listSites(c.Context()) },
	}
	env := &cobra.Command{
		Use: "env [KEY=VALUE...]", Short: "Set variables of the whole site, or list them",
		RunE: func(c *cobra.Command, args []string) error { return p.envOf(c.Context(), ownerSite, "", args) },
	}
	return family("sites", "Your projects", list, p.sitesInit(), p.sitesCreate(), p.sitesDelete(), env, p.siteUsersCommand())
}

func (p *Program) listSites(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	group, err := p.findGroup(ctx, p.flags.group)
	if err != nil {
		return err
	}
	sites, err := client.Sites(ctx, group)
	if err != nil {
		return err
	}
	groups, err := p.groupNames(ctx)
	if err != nil {
		return err
	}
	return list(p, sites,
		column[api.Site]{"SITE", func(s api.Site) string { return join(groups[s.ResourceGroup], s.Name) }},
		column[api.Site]{"KEY", func(s api.Site) string { return s.Key }},
	)
}

// groupNames maps the urls of groups to their names. A site can be seen without its
// group, which then has none here.
func (p *Program) groupNames(ctx context.Context) (map[api.Reference]string, error) {
	groups, err := p.server.ResourceGroups(ctx)
	names := make(map[api.Reference]string, len(groups))
	for _, g := range groups {
		names[g.URL] = g.Name
	}
	return names, err
}

func (p *Program) sitesCreate() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "create [NAME]", Short: "Make a site without instances; without a name one is made up", Args: mayTake("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.createSite(c.Context(), append(args, name)[0])
		},
	}
	c.Flags().StringVar(&name, "name", "", "the name of the site")
	return c
}

func (p *Program) createSite(ctx context.Context, name string) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	group, err := p.findGroup(ctx, p.flags.group)
	if err != nil {
		return err
	}
	site, err := client.CreateSite(ctx, api.NewSite{ResourceGroup: group, Name: name})
	if err != nil {
		return err
	}
	return p.made(site, "Made the site %s.", site.Name)
}

func (p *Program) sitesDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete [SITE]", Short: "Delete a site with its instances and all that they keep", Args: mayTake("SITE"),
		ValidArgsFunction: p.completeOne(p.siteNames),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				p.flags.site = args[0]
			}
			site, err := p.findSite(c.Context())
			if err != nil {
				return err
			}
			return p.remove(c.Context(), site.URL, "the site "+site.Name+" with all that its instances keep", yes)
		},
	}
	yesFlag(c, &yes)
	return c
}

// nameOf is the group's name and the site's, for a site whose group may be hidden.
func (p *Program) nameOf(ctx context.Context, site api.Site) (string, error) {
	group, err := api.Get[api.ResourceGroup](ctx, p.server, site.ResourceGroup)
	if err != nil {
		return "", err
	}
	return path.Join(group.Name, site.Name), nil
}
