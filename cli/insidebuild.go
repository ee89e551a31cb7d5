package cli

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"gondor/cluster/kube/builder"
	"gondor/cluster/kube/inside"
)

// insideBuildCommand is the builder of a build, in its pod.
func (p *Program) insideBuildCommand() *cobra.Command {
	return &cobra.Command{
		Use: "build", Short: "Carry out the build that comes by the standard input", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			dirs := builder.Dirs{App: "/app", Scratch: "/tmp", Gondor: inside.Binary, Cgroups: "/sys/fs/cgroup"}
			return builder.Build(c.Context(), dirs, os.Environ(), p.io.Stdin, p.io.Stdout, p.insideLog())
		},
	}
}

// insideProbeCommand tells the languages of the image that it runs in.
func (p *Program) insideProbeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "probe", Short: "Tell which languages this image has, as JSON", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			return builder.Probe(c.Context(), p.io.Stdout, p.insideLog())
		},
	}
}

func (p *Program) insideLog() *slog.Logger { return slog.New(slog.NewTextHandler(p.io.Stderr, nil)) }
