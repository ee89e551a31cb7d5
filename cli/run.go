package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) runCommand() *cobra.Command {
	var size string
	c := &cobra.Command{
		Use: "run SERVICE -- COMMAND...", Short: "Run a command beside a service, with its release and environment",
		Long: "Run a command beside a service, with its release and environment, and end with its exit code.\n" +
			"It has a terminal where you have one. One argument is a command for sh, several are taken as they are.",
		Args: func(c *cobra.Command, args []string) error {
			switch dash := c.ArgsLenAtDash(); {
			case len(args) == 0 || dash == 0:
				return usage("the service is missing; say gondor run SERVICE -- COMMAND")
			case len(args) == 1:
				return usage("the command is missing; say gondor run %s -- COMMAND", args[0])
			}
			return nil
		},
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) error {
			return p.run(c.Context(), args[0], api.NewRun{Command: commandLine(args[1:]), Size: size})
		},
	}
	c.Flags().StringVar(&size, "size", "", "small, medium, large or xlarge (default: the service's)")
	c.Flags().SetInterspersed(true)
	return c
}

// commandLine is what sh runs: a single argument is a command line itself; several are
// the words of one.
func commandLine(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = quote(arg)
	}
	return strings.Join(quoted, " ")
}

// quote makes a word that sh takes as it is (POSIX.1-2017 XCU section 2.2.2).
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+,", r)
	}
	if word != "" && strings.TrimLeftFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (p *Program) run(ctx context.Context, name string, n api.NewRun) error {
	service, err := p.findService(ctx, name)
	if err != nil {
		return err
	}
	endpoint, err := p.server.Run(ctx, service.URL, n)
	if err != nil {
		return err
	}
	ended, err := p.join(ctx, endpoint)
	if err != nil {
		return err
	}
	return told(ended)
}

// told turns how a process ended into how the program ends.
func told(ended app.Exit) error {
	if ended.Code == 0 {
		return nil
	}
	return exit{ended.Code}
}

// join carries the streams: with a terminal where both ends of ours are one, otherwise
// as pipes.
func (p *Program) join(ctx context.Context, endpoint api.Endpoint) (app.Exit, error) {
	defer settle()() // it may be joined for hours
	in, out := terminal(p.io.Stdin), terminal(p.io.Stdout)
	if in != nil && out != nil {
		return p.joinTerminal(ctx, endpoint, in, out)
	}
	return p.server.Attach(ctx, endpoint, app.Streams{Stdin: p.io.Stdin, Stdout: p.io.Stdout, Stderr: p.io.Stderr})
}
