package main

import (
	"context"

	"github.com/spf13/cobra"
)

func execute(ctx context.Context) error {
	root := &cobra.Command{
		Use:   "cluster",
		Short: "Run a real Kubernetes of several nodes on this machine, for tests",
		Long: "Run a real Kubernetes of several nodes on this machine, for tests.\n" +
			"Machines are called control, n1, n2, and so on. Exit code 77: this machine can't run it.",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.AddCommand(upCommand(), downCommand(), statusCommand(), forwardCommand(), imageCommand(), recycleCommand())
	root.AddCommand(machineCommands()...)
	root.AddCommand(innerCommands()...)
	return root.ExecuteContext(ctx)
}

func upCommand() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use: "up", Short: "Bring a cluster up and print the path of its kubeconfig", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return up(c.Context(), c.OutOrStdout(), o) },
	}
	c.Flags().IntVar(&o.Nodes, "nodes", 3, "how many nodes")
	c.Flags().BoolVar(&o.DefaultTimeouts, "default-timeouts", false,
		"lost nodes are given up as late as Kubernetes does by default (50 s), not quickly (8 s)")
	return c
}

func downCommand() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Take the cluster down and leave nothing behind", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return down(c.Context()) },
	}
}

func statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the machines of the cluster", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return status(c.Context(), c.OutOrStdout()) },
	}
}

func forwardCommand() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use: "forward ADDRESS:PORT", Args: cobra.ExactArgs(1),
		Short: "Reach an address in the cluster (a pod's, a node's) from this machine until stopped",
		RunE: func(c *cobra.Command, arguments []string) error {
			return forward(c.Context(), c.OutOrStdout(), listen, arguments[0])
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "where to listen; port 0 chooses one; the address is printed")
	return c
}

func recycleCommand() *cobra.Command {
	return &cobra.Command{
		Use: "recycle", Short: "Empty the volumes whose claims have gone and offer them again", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return recycle(c.Context()) },
	}
}

func imageCommand() *cobra.Command {
	return &cobra.Command{
		Use: "image REFERENCE PACKAGE...", Args: cobra.MinimumNArgs(2),
		Short: "Make an image of Debian packages, for load, and print its archive's path",
		RunE: func(c *cobra.Command, arguments []string) error {
			return debianImage(c.Context(), c.OutOrStdout(), arguments[0], arguments[1:])
		},
	}
}

func machineCommands() []*cobra.Command {
	return []*cobra.Command{
		named("load IMAGE.tar", "Load an archive of images into every node", load),
		named("cut MACHINE", "Pull a machine's network cable", cut),
		named("heal MACHINE", "Plug a machine's network cable in again", heal),
		named("kill MACHINE", "End a machine as a power failure would", func(_ context.Context, machine string) error { return kill(machine) }),
		named("start MACHINE", "Start a killed machine again", startAgain),
	}
}

// innerCommands are how the program calls itself.
func innerCommands() []*cobra.Command {
	inner := []*cobra.Command{
		named("launch MACHINE", "", func(_ context.Context, machine string) error { return launch(machine) }),
		named("machine MACHINE", "", func(_ context.Context, machine string) error { return becomeMachine(machine) }),
	}
	for _, c := range inner {
		c.Hidden = true
	}
	return inner
}

// named makes a command of one argument.
func named(use, short string, do func(context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, arguments []string) error { return do(c.Context(), arguments[0]) },
	}
}
