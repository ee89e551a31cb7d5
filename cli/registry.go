package cli

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"gondor/cluster/kube/registry"
)

// registryAnswer is what the flags of gondor registry say.
type registryAnswer struct {
	data, listen, keyFile, budget string
}

func (p *Program) registryCommand() *cobra.Command {
	var f registryAnswer
	c := &cobra.Command{
		Use: "registry --data DIR --key-file FILE", Short: "Run the registry of a Kubernetes cluster's images", Args: takes(),
		Long: "Run the registry that Gondor keeps the images of sites in. The key proves the tokens of whoever\n" +
			"pulls and pushes; the server has the same. SIGTERM ends it when what is under way has ended.",
		RunE: func(c *cobra.Command, _ []string) error { return p.registry(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "the directory that images are kept in")
	flags.StringVar(&f.listen, "listen", ":5000", "the address to listen on")
	flags.StringVar(&f.keyFile, "key-file", "", "the file of the key: 32 bytes of text or more")
	flags.StringVar(&f.budget, "budget", "0", "how much disk images may take, such as 20Gi; 0: all of it")
	return c
}

// registry runs a registry until ctx ends.
func (p *Program) registry(ctx context.Context, f registryAnswer) error {
	o, err := p.readRegistry(f)
	if err != nil {
		return err
	}
	open, err := registry.Open(o)
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }() // ends with the process
	return serveBeside(ctx, f.listen, open, part{"garbage collection", open.Run}, o.Logger.With("data", o.Data))
}

// readRegistry checks the flags and reads the key.
func (p *Program) readRegistry(f registryAnswer) (registry.Options, error) {
	if f.data == "" || f.keyFile == "" {
		return registry.Options{}, usage("gondor registry needs --data DIR and --key-file FILE")
	}
	budget, err := parseDisk("--budget", f.budget)
	if err != nil {
		return registry.Options{}, err
	}
	key, err := p.readKey("the registry", f.keyFile)
	return registry.Options{
		Data: p.absolute(f.data), Key: key, Budget: budget,
		Logger: slog.New(slog.NewTextHandler(p.io.Stderr, nil)),
	}, err
}
