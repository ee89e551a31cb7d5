package cli

import (
	"context"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/cli/config"
	"gondor/web/api"
)

// signIn is what login was told.
type signIn struct {
	username string
	stdin    bool // the password comes by the standard input
	insecure bool
}

func (p *Program) loginCommand() *cobra.Command {
	var s signIn
	c := &cobra.Command{
		Use: "login URL", Short: "Sign in to a server",
		Long: "Sign in to a server and keep the sign-in in your configuration, as the current cluster.\n" +
			"--cloud and --cluster give it a name there. In CI, set GONDOR_URL and GONDOR_TOKEN instead.",
		Args: takes("URL"),
		RunE: func(c *cobra.Command, args []string) error { return p.login(c.Context(), args[0], s) },
	}
	c.Flags().StringVar(&s.username, "username", "", "who signs in")
	c.Flags().BoolVar(&s.stdin, "password-stdin", false, "read the password from the standard input")
	c.Flags().BoolVar(&s.insecure, "insecure", false, "allow plain HTTP beyond this machine")
	return c
}

func (p *Program) login(ctx context.Context, at string, s signIn) error {
	base, err := serverURL(at, s.insecure, "say --insecure")
	if err != nil {
		return err
	}
	username, password, err := p.credentials(ctx, s)
	if err != nil {
		return err
	}
	file, err := config.Open(p.io.Env)
	if err != nil {
		return err
	}
	var grant api.MemoryTokens
	client, err := p.connect(base.String(), &grant)
	if err != nil {
		return err
	}
	tokens, err := client.SignIn(ctx, username, password)
	if app.CodeOf(err) == app.CodeUnauthenticated {
		p.complain("gondor: %s", err) // without the hint to sign in
		return exit{exitUnauthenticated}
	}
	if err != nil {
		return err
	}
	name := p.newClusterName(base.Host)
	if err := keep(file, name, config.Cluster{
		URL: base.String(), Username: username, AccessToken: tokens.AccessToken, RefreshToken: tokens.RefreshToken,
	}); err != nil {
		return err
	}
	return p.say("Signed in to %s as %s.", base, username)
}

// newClusterName is where a sign-in is kept: "HOST/default" unless flags say otherwise.
func (p *Program) newClusterName(host string) string {
	cloud, cluster := p.flags.cloud, p.flags.cluster
	if cloud == "" {
		cloud = host
	}
	if cluster == "" {
		cluster = "default"
	}
	return config.Name(cloud, cluster)
}

func keep(file config.File, name string, cluster config.Cluster) error {
	return file.Update(func(c *config.Config) error {
		c.Put(name, cluster)
		c.Current = name
		return nil
	})
}

// credentials takes the name and the password from where they are given, or asks.
func (p *Program) credentials(ctx context.Context, s signIn) (username, password string, err error) {
	if username = s.username; username == "" {
		if !p.asks() || s.stdin {
			return "", "", usage("who signs in is missing; name them with --username")
		}
		if username, err = p.ask(ctx, "Username: "); err != nil {
			return "", "", err
		}
	}
	password, err = p.password(ctx, s.stdin, "Password: ")
	return username, password, err
}

// password reads a password from the standard input or asks for it.
func (p *Program) password(ctx context.Context, stdin bool, question string) (string, error) {
	switch {
	case stdin:
		return p.stdinLine()
	case !p.asks():
		return "", usage("the password is missing; give it on the standard input with --password-stdin")
	}
	return p.askSecret(ctx, question)
}

func (p *Program) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "Sign out", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.logout(c.Context()) },
	}
}

func (p *Program) logout(ctx context.Context) error {
	if p.io.Env(envURL) != "" && p.io.Env(envToken) != "" {
		return usage("the token comes from %s, so there is no sign-in to end; unset it", envToken)
	}
	client, err := p.client()
	if err != nil {
		return err
	}
	if err := client.SignOut(ctx); err != nil {
		return err
	}
	return p.say("Signed out of %s.", client.URL())
}

func (p *Program) meCommand() *cobra.Command {
	return &cobra.Command{
		Use: "me", Aliases: []string{"whoami"}, Short: "Show who is signed in", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.me(c.Context()) },
	}
}

func (p *Program) me(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	me, err := client.Me(ctx)
	if err != nil {
		return err
	}
	return p.made(me, "%s at %s", me.Username, client.URL())
}
