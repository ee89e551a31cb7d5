package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) siteUsersCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the users of the site", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listSiteUsers(c.Context()) },
	}
	return family("users", "Who may do what in the site", list, p.siteUsersAdd(), p.siteUsersRemove())
}

func (p *Program) listSiteUsers(ctx context.Context) error {
	site, err := p.findSite(ctx)
	if err != nil {
		return err
	}
	users, err := p.server.SiteUsers(ctx, site.URL)
	if err != nil {
		return err
	}
	return list(p, users,
		column[api.SiteUser]{"USERNAME", func(u api.SiteUser) string { return u.Username }},
		column[api.SiteUser]{"EMAIL", func(u api.SiteUser) string { return u.Email }},
		column[api.SiteUser]{"ROLE", func(u api.SiteUser) string { return string(u.Role) }},
	)
}

func (p *Program) siteUsersAdd() *cobra.Command {
	var role string
	c := &cobra.Command{
		Use: "add USERNAME|EMAIL --role ROLE", Short: "Give a user a role in the site: owner, developer or viewer",
		Args: takes("USERNAME or EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.addSiteUser(c.Context(), args[0], app.Role(role))
		},
	}
	c.Flags().StringVar(&role, "role", "", "owner, developer or viewer")
	return c
}

func (p *Program) addSiteUser(ctx context.Context, who string, role app.Role) error {
	if role == "" {
		return usage("the role is missing; say --role owner, developer or viewer")
	}
	site, err := p.findSite(ctx)
	if err != nil {
		return err
	}
	n := api.NewSiteUser{Site: site.URL, Username: who, Role: role}
	if strings.Contains(who, "@") {
		n.Username, n.Email = "", who
	}
	user, err := p.server.AddSiteUser(ctx, n)
	if err != nil {
		return err
	}
	return p.made(user, "%s is now %s of %s.", user.Username, user.Role, site.Name)
}

func (p *Program) siteUsersRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove USERNAME|EMAIL", Short: "Take a user's role in the site away", Args: takes("USERNAME or EMAIL"),
		RunE: func(c *cobra.Command, args []string) error { return p.removeSiteUser(c.Context(), args[0]) },
	}
}

func (p *Program) removeSiteUser(ctx context.Context, who string) error {
	site, err := p.findSite(ctx)
	if err != nil {
		return err
	}
	users, err := p.server.SiteUsers(ctx, site.URL)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(users, func(u api.SiteUser) bool { return u.Username == who || u.Email == who })
	if i < 0 {
		return app.Fault(app.CodeNotFound, "%s has no role of its own in %s", who, site.Name)
	}
	if err := p.server.Delete(ctx, users[i].URL); err != nil {
		return err
	}
	return p.say("%s has no role in %s any more.", users[i].Username, site.Name)
}
