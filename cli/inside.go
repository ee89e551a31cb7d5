package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gondor/cluster/kube/inside"
)

// insideCommand is what this program does inside the pods that it is carried into.
func (p *Program) insideCommand() *cobra.Command {
	run := &cobra.Command{
		Use: "run SPEC", Short: "Be process 1 of a container", Args: takes("SPEC"),
		RunE: func(c *cobra.Command, args []string) error {
			spec, err := inside.ParseSpec(args[0])
			if err != nil {
				return err
			}
			// It takes signals itself: which one it was matters to the program.
			code, err := inside.Run(context.WithoutCancel(c.Context()), inside.Options{Spec: spec, Stdout: p.io.Stdout})
			if err != nil {
				p.complain("gondor: %v", err)
			}
			return exit{code}
		},
	}
	join := &cobra.Command{
		Use: "join", Short: "Join the standard streams to process 1 of this container", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			return inside.Join(c.Context(), inside.Socket, p.io.Stdin, p.io.Stdout)
		},
	}
	carry := &cobra.Command{
		Use: "carry TARGET", Short: "Copy this program", Args: takes("TARGET"),
		RunE: func(_ *cobra.Command, args []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			return inside.Carry(program, args[0])
		},
	}
	c := family("inside", "What this program does inside a pod", run, join, carry, p.insideBuildCommand(), p.insideProbeCommand())
	c.Hidden = true
	return c
}
