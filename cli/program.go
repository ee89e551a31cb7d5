package cli

import (
	"context"
	"io"

	"gondor/web/api"
)

// IO is what a program gets of the world.
type IO struct {
	Stdin  io.Reader // a terminal when it is an *os.File of one
	Stdout io.Writer
	Stderr io.Writer
	Env    func(key string) string // "" for a variable that is not set
	Dir    string                  // the working directory, absolute
}

// Program is the command line as a value. It is run once.
type Program struct {
	io     IO
	flags  flags
	server *api.Client // once it is known
}

// flags are the flags that every command has.
type flags struct {
	cloud, cluster string
	group, site    string
	instance       string
	output         string
	logHTTP        bool
}

// New returns a program that has not begun.
func New(world IO) *Program { return &Program{io: world} }

// Run runs the command that the arguments name, until it is done or ctx ends, and
// returns its exit code.
func (p *Program) Run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.io.Stdin)
	root.SetOut(p.io.Stdout)
	root.SetErr(p.io.Stderr)
	command, err := root.ExecuteContextC(ctx)
	if p.server != nil {
		p.server.Close()
	}
	return p.conclude(ctx, command, err)
}
