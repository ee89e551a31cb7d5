package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gondor/cli/dotenv"
	"gondor/web/api"
)

// envOf is the env command of a family: it sets what is given, or lists.
func (p *Program) envOf(ctx context.Context, on, service string, assignments []string) error {
	f := envFlags{on: on, service: service}
	if len(assignments) == 0 {
		return p.envList(ctx, f)
	}
	return p.envSet(ctx, f, assignments)
}

// listedVariable is a variable as it is listed.
type listedVariable struct {
	Key   string  `json:"key"`
	Build bool    `json:"build"`
	Value *string `json:"value,omitempty"` // only where it was asked for
}

func (p *Program) envList(ctx context.Context, f envFlags) error {
	o, _, err := p.owner(ctx, f)
	if err != nil {
		return err
	}
	variables, err := p.server.Variables(ctx, o)
	if err != nil {
		return err
	}
	listed := make([]listedVariable, len(variables))
	for i, v := range variables {
		listed[i] = listedVariable{Key: v.Key, Build: v.Build}
		if f.values {
			listed[i].Value = &v.Value
		}
	}
	columns := []column[listedVariable]{
		{"KEY", func(v listedVariable) string { return v.Key }},
		{"FOR", func(v listedVariable) string { return audience(v.Build) }},
	}
	if f.values {
		columns = append(columns, column[listedVariable]{"VALUE", func(v listedVariable) string { return *v.Value }})
	}
	return list(p, listed, columns...)
}

func audience(build bool) string {
	if build {
		return "builds"
	}
	return "processes"
}

func (p *Program) envImport(f *envFlags) *cobra.Command {
	return &cobra.Command{
		Use: "import [FILE]", Short: "Set the variables of a .env file, or of the standard input", Args: mayTake("FILE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // names of files
		},
		RunE: func(c *cobra.Command, args []string) error {
			return p.importVariables(c.Context(), *f, append(args, "-")[0])
		},
	}
}

func (p *Program) importVariables(ctx context.Context, f envFlags, name string) error {
	text, err := p.readInput(name)
	if err != nil {
		return err
	}
	variables, err := dotenv.Parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(variables) == 0 {
		return usage("%s has no variables", name)
	}
	return p.setVariables(ctx, f, variables)
}

// readInput reads a file, or the standard input for "-". Without a file nobody is asked
// to type one.
func (p *Program) readInput(name string) ([]byte, error) {
	if name == "-" {
		if terminal(p.io.Stdin) != nil {
			return nil, usage("name a file, or give its content on the standard input")
		}
		return io.ReadAll(io.LimitReader(p.io.Stdin, dotenv.MaxSize+1))
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(p.io.Dir, name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(file, dotenv.MaxSize+1))
}

// variableKeys are those set on the instance, for completion.
func (p *Program) variableKeys(ctx context.Context) ([]string, error) {
	o, _, err := p.owner(ctx, envFlags{on: ownerInstance})
	if err != nil {
		return nil, err
	}
	variables, err := p.server.Variables(ctx, o)
	return names(variables, func(v api.Variable) string { return v.Key }), err
}
