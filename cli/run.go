package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) runCommand() *cobra.Command {
	var n api.NewRun
	var limit time.Duration
	c := &cobra.Command{
		Use: "run SERVICE -- COMMAND...", Short: "Run a command beside a service, with its release and environment",
		Long: "Run a command beside a service, with its release and environment, and end with its exit code.\n" +
			"It has a terminal where you have one. One argument is a command for sh, several are taken as they are.\n" +
			"With --detach it is left to itself: gondor runs shows what it writes and how it ends.",
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
			n.Command, n.TimeLimit = commandLine(args[1:]), int(limit/time.Second)
			if limit > 0 && n.TimeLimit == 0 {
				return usage("--time-limit %s is too short; use 1s or more", limit)
			}
			return p.run(c.Context(), args[0], n)
		},
	}
	c.Flags().StringVar(&n.Size, "size", "", "small, medium, large or xlarge (default: the service's)")
	c.Flags().DurationVar(&limit, "time-limit", 0, "how long it may take, such as 90m (default: as long as it takes)")
	c.Flags().BoolVarP(&n.Detach, "detach", "d", false, "leave it to itself")
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
	if n.Detach && endpoint.Run != nil {
		return p.detached(ctx, *endpoint.Run)
	}
	ended, err := p.join(ctx, endpoint)
	if err != nil {
		return err
	}
	return told(ended)
}

// detached says where to look for a run that is left to itself.
func (p *Program) detached(ctx context.Context, at api.Reference) error {
	run, err := api.Get[api.Run](ctx, p.server, at)
	if err != nil {
		return err
	}
	return p.made(run, "%[1]s runs now. See gondor runs log --follow %[1]s.", runName(run))
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
