package cli

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/spf13/cobra"

	"gondor/cluster/kube/agent"
)

// agentAnswer is what the flags of gondor agent say.
type agentAnswer struct {
	logs, listen, keyFile, namespace, budget string
}

func (p *Program) agentCommand() *cobra.Command {
	var f agentAnswer
	c := &cobra.Command{
		Use: "agent --key-file FILE", Short: "Keep what a Kubernetes node would remove of processes' output", Args: takes(),
		Long: "Keep, on a node of a Kubernetes cluster, what the processes of sites wrote until the control plane has\n" +
			"it: by hard links in DIR/gondor to the files in DIR/pods, which the node rotates away and removes with\n" +
			"their pods. The key proves the control plane.",
		RunE: func(c *cobra.Command, _ []string) error { return p.agent(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.logs, "logs", "/var/log", "the directory of the node's logs: DIR")
	flags.StringVar(&f.listen, "listen", ":"+strconv.Itoa(agent.Port), "the address to listen on")
	flags.StringVar(&f.keyFile, "key-file", "", "the file of the key: 32 bytes of text or more")
	flags.StringVar(&f.namespace, "namespace", "gondor", "the namespace that Gondor lives in")
	flags.StringVar(&f.budget, "budget", "1Gi", "what may be kept that the node has removed; beyond it the oldest goes")
	return c
}

// agent runs an agent until ctx ends.
func (p *Program) agent(ctx context.Context, f agentAnswer) error {
	o, err := p.readAgent(f)
	if err != nil {
		return err
	}
	open, err := agent.Open(o)
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }() // ends with the process
	return serveBeside(ctx, f.listen, open, part{"links", open.Run}, o.Logger.With("logs", o.Root))
}

// readAgent checks the flags and reads the key.
func (p *Program) readAgent(f agentAnswer) (agent.Options, error) {
	if f.keyFile == "" {
		return agent.Options{}, usage("gondor agent needs --key-file FILE")
	}
	budget, err := parseDisk("--budget", f.budget)
	if err != nil {
		return agent.Options{}, err
	}
	key, err := p.readKey("the agents", f.keyFile)
	return agent.Options{
		Root: p.absolute(f.logs), Namespace: f.namespace, Budget: budget, Key: key,
		Logger: slog.New(slog.NewTextHandler(p.io.Stderr, nil)),
	}, err
}
