package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// root builds the command tree.
func (p *Program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gondor",
		Short: "Deploy sites that have a Procfile",
		Long:  "Gondor builds your site, runs it, and routes HTTP to it.",
		Args:  known,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },

		SilenceErrors: true, SilenceUsage: true,
	}
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err.Error()} })
	p.globalFlags(root)
	root.AddCommand(p.peopleCommands()...)
	root.AddCommand(p.siteCommands()...)
	root.AddCommand(p.deployCommands()...)
	root.AddCommand(p.serverCommands()...)
	root.AddCommand(versionCommand(p), &cobra.Command{Use: "exit-codes", Short: "The exit codes", Long: exitCodesHelp})
	return root
}

func (p *Program) globalFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&p.flags.cloud, "cloud", "", "a cloud of your configuration")
	flags.StringVar(&p.flags.cluster, "cluster", "", "a cluster of your configuration: NAME or CLOUD/NAME")
	flags.StringVar(&p.flags.group, "resource-group", "", "the resource group of the site")
	flags.StringVar(&p.flags.site, "site", "", "the site: NAME or GROUP/NAME (default: the one of gondor.yml)")
	flags.StringVar(&p.flags.instance, "instance", "", "the label of the instance (default: the one of the git branch)")
	flags.StringVarP(&p.flags.output, "output", "o", "table", "table for people, json for programs")
	flags.BoolVar(&p.flags.logHTTP, "log-http", false, "show every request and answer, without secrets")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return p.checkOutput() }
	p.completeFlags(root)
}

func (p *Program) checkOutput() error {
	if p.flags.output != outputTable && p.flags.output != outputJSON {
		return usage("--output %q is unknown; use table or json", p.flags.output)
	}
	return nil
}

func (p *Program) peopleCommands() []*cobra.Command {
	return []*cobra.Command{p.loginCommand(), p.logoutCommand(), p.meCommand(), p.usersCommand(), p.groupsCommand()}
}

func (p *Program) siteCommands() []*cobra.Command {
	return []*cobra.Command{p.sitesCommand(), p.instancesCommand(), p.servicesCommand(), p.hostsCommand(), p.drainsCommand(), p.envCommand()}
}

func (p *Program) deployCommands() []*cobra.Command {
	return []*cobra.Command{
		p.deployCommand(), p.buildsCommand(), p.releasesCommand(), p.rollbackCommand(),
		p.statusCommand(), p.openCommand(), p.runCommand(), p.runsCommand(), p.logsCommand(), p.eventsCommand(), p.alertsCommand(), p.tasksCommand(),
	}
}

// family makes a command that only holds others.
func family(use, short string, members ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: known}
	c.RunE = func(c *cobra.Command, _ []string) error {
		names := make([]string, len(members))
		for i, member := range members {
			names[i] = member.Name()
		}
		return usage("%s needs to know what to do: %s", c.CommandPath(), strings.Join(names, ", "))
	}
	c.AddCommand(members...)
	return c
}

// known refuses a command that there is not, with those that look like it.
func known(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	meant := ""
	c.SuggestionsMinimumDistance = 2 // how many letters may differ
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		meant = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage("%s has no command %q%s", c.CommandPath(), args[0], meant)
}

// takes refuses another number of arguments than the names that a command's use has.
func takes(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage("%s needs %s", c.CommandPath(), strings.Join(names[len(args):], " and "))
		case len(args) > len(names):
			return usage("%s takes no argument %q", c.CommandPath(), args[len(names)])
		}
		return nil
	}
}

// mayTake is takes where arguments may be left away.
func mayTake(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		return takes(names[:min(len(names), len(args))]...)(c, args)
	}
}
