package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) usersCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List all users", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listUsers(c.Context()) },
	}
	return family("users", "The people who sign in", list, p.usersCreate(), p.usersPassword(), p.usersDelete())
}

func (p *Program) listUsers(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	users, err := client.Users(ctx)
	if err != nil {
		return err
	}
	return list(p, users,
		column[api.User]{"USERNAME", func(u api.User) string { return u.Username }},
		column[api.User]{"EMAIL", func(u api.User) string { return u.Email }},
		column[api.User]{"ADMIN", func(u api.User) string { return yesNo(u.Admin) }},
		column[api.User]{"CREATED", func(u api.User) string { return moment(u.Created) }},
	)
}

func (p *Program) usersCreate() *cobra.Command {
	var n api.NewUser
	var stdin bool
	c := &cobra.Command{
		Use: "create USERNAME", Short: "Make a user", Args: takes("USERNAME"),
		RunE: func(c *cobra.Command, args []string) error {
			n.Username = args[0]
			return p.createUser(c.Context(), n, stdin)
		},
	}
	c.Flags().StringVar(&n.Email, "email", "", "their email address")
	c.Flags().BoolVar(&n.Admin, "admin", false, "they may do everything")
	c.Flags().BoolVar(&stdin, "password-stdin", false, "read their password from the standard input")
	return c
}

func (p *Program) createUser(ctx context.Context, n api.NewUser, stdin bool) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	if n.Password, err = p.password(ctx, stdin, "Password of "+n.Username+": "); err != nil {
		return err
	}
	user, err := client.CreateUser(ctx, n)
	if err != nil {
		return err
	}
	return p.made(user, "Made the user %s.", user.Username)
}

func (p *Program) usersPassword() *cobra.Command {
	var stdin bool
	c := &cobra.Command{
		Use: "password [USERNAME]", Short: "Change a password, one's own by default, which ends the sign-ins with the old one",
		Args:              mayTake("USERNAME"),
		ValidArgsFunction: p.completeOne(p.userNames),
		RunE: func(c *cobra.Command, args []string) error {
			return p.changePassword(c.Context(), append(args, "")[0], stdin)
		},
	}
	c.Flags().BoolVar(&stdin, "password-stdin", false, "read the new password from the standard input")
	return c
}

func (p *Program) changePassword(ctx context.Context, username string, stdin bool) error {
	at, username, err := p.findUser(ctx, username)
	if err != nil {
		return err
	}
	password, err := p.password(ctx, stdin, "New password of "+username+": ")
	if err != nil {
		return err
	}
	user, err := p.server.UpdateUser(ctx, at, api.UserUpdate{Password: password})
	if err != nil {
		return err
	}
	return p.made(user, "The password of %s has changed; who was signed in with the old one is signed out.", username)
}

// findUser returns the url and the name of a user; without a name of who is signed in.
func (p *Program) findUser(ctx context.Context, username string) (api.Reference, string, error) {
	client, err := p.client()
	if err != nil {
		return "", "", err
	}
	if username == "" {
		me, err := client.Me(ctx)
		return me.URL, me.Username, err
	}
	user, err := client.FindUser(ctx, username)
	if app.IsNotFound(err) {
		return "", "", app.Fault(app.CodeNotFound, "there is no user %q", username)
	}
	return user.URL, user.Username, err
}

func (p *Program) usersDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete USERNAME", Short: "Delete a user", Args: takes("USERNAME"),
		ValidArgsFunction: p.completeOne(p.userNames),
		RunE: func(c *cobra.Command, args []string) error {
			at, name, err := p.findUser(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.remove(c.Context(), at, "the user "+name, yes)
		},
	}
	yesFlag(c, &yes)
	return c
}

func yesFlag(c *cobra.Command, yes *bool) {
	c.Flags().BoolVar(yes, "yes", false, "delete without being asked")
}

// remove deletes a resource when that is confirmed.
func (p *Program) remove(ctx context.Context, at api.Reference, what string, yes bool) error {
	if err := p.confirm(ctx, yes, what); err != nil {
		return err
	}
	if err := p.server.Delete(ctx, at); err != nil {
		return err
	}
	if p.flags.output == outputJSON {
		return nil
	}
	return p.say("Deleted %s.", what)
}
