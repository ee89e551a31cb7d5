package cli

import (
	"context"
	"fmt"
	"path"
	"strconv"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) runsCommand() *cobra.Command {
	return family("runs", "Who ran what in the instance", p.runsList(), p.runsLog(), p.runsStop())
}

func (p *Program) runsList() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List who ran what, newest first", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			runs, err := p.runs(c.Context(), limit)
			if err != nil {
				return err
			}
			return list(p, runs, runsColumns...)
		},
	}
	c.Flags().IntVar(&limit, "limit", 20, "how many")
	return c
}

func (p *Program) runs(ctx context.Context, limit int) ([]api.Run, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	instance, err := p.findInstance(ctx)
	if err != nil {
		return nil, err
	}
	return p.server.Runs(ctx, instance.URL, limit)
}

// runsColumns are how a run stands in a table.
var runsColumns = []column[api.Run]{
	{"RUN", runName},
	{"CREATED", func(r api.Run) string { return moment(r.Created) }},
	{"STATE", func(r api.Run) string { return string(r.State) }},
	{"EXIT", func(r api.Run) string {
		if r.Code == nil {
			return ""
		}
		return strconv.Itoa(*r.Code)
	}},
	{"BY", func(r api.Run) string { return r.User }},
	{"SERVICE", func(r api.Run) string { return r.Service }},
	{"RELEASE", func(r api.Run) string { return numbered(r.Release) }},
	{"COMMAND", func(r api.Run) string { return r.Command }},
	{"MESSAGE", func(r api.Run) string { return r.Message }},
}

// runName is what people call a run by: the ID in its url.
func runName(r api.Run) string { return idOf(r.URL) }

// idOf is the ID at the end of a resource's url.
func idOf(at api.Reference) string { return path.Base(string(at)) }

func (p *Program) runsLog() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use: "log RUN", Short: "Show what a detached run has written", Args: takes("RUN"),
		ValidArgsFunction: p.completeOne(p.runNames),
		RunE: func(c *cobra.Command, args []string) error {
			run, err := p.findRun(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.showLog(c.Context(), run.URL, api.LogQuery{Follow: follow})
		},
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "until it has ended")
	return c
}

func (p *Program) runsStop() *cobra.Command {
	return &cobra.Command{
		Use: "stop RUN", Short: "Stop a run", Args: takes("RUN"),
		ValidArgsFunction: p.completeOne(p.runNames),
		RunE: func(c *cobra.Command, args []string) error {
			run, err := p.findRun(c.Context(), args[0])
			if err != nil {
				return err
			}
			if run, err = p.server.StopRun(c.Context(), run.URL); err != nil {
				return err
			}
			return p.made(run, "The run %s is being stopped.", runName(run))
		},
	}
}

// findRun finds a run of the instance by its name.
func (p *Program) findRun(ctx context.Context, name string) (api.Run, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return api.Run{}, err
	}
	runs, err := p.server.Runs(ctx, instance.URL, 0)
	if err != nil {
		return api.Run{}, err
	}
	for _, run := range runs {
		if runName(run) == name {
			return run, nil
		}
	}
	return api.Run{}, app.Fault(app.CodeNotFound, "the instance %s has no run %q; gondor runs list shows those that it has", instance.Label, name)
}

func (p *Program) runNames(ctx context.Context) ([]string, error) {
	runs, err := p.runs(ctx, 20)
	return names(runs, func(r api.Run) string { return fmt.Sprintf("%s\t%s", runName(r), r.Command) }), err
}
