package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) tasksRun() *cobra.Command {
	var detach bool
	c := &cobra.Command{
		Use: "run TASK", Short: "Run a scheduled task now, show its output and end with its exit code", Args: takes("TASK"),
		ValidArgsFunction: p.completeOne(p.taskNames),
		RunE: func(c *cobra.Command, args []string) error {
			task, err := p.findTask(c.Context(), args[0])
			if err != nil {
				return err
			}
			run, err := p.server.RunTask(c.Context(), task.URL)
			if err != nil {
				return err
			}
			if detach {
				return p.made(run, "%s is to run now.", task.Name)
			}
			return p.followRun(c.Context(), run)
		},
	}
	c.Flags().BoolVar(&detach, "detach", false, "leave the run to itself")
	return c
}

// followRun shows what a run writes until it has ended.
func (p *Program) followRun(ctx context.Context, run api.TaskRun) error {
	for !run.State.Ended() || run.State == app.TaskRunSkipped {
		if run.State == app.TaskRunSkipped {
			return app.Conflict("", "%s", run.Message)
		}
		if err := p.showLog(ctx, run.URL, api.LogQuery{Follow: true}); err != nil {
			return err
		}
		select { // the log of one that waits for its turn has not begun
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(firstPause):
		}
		var err error
		if run, err = api.Get[api.TaskRun](ctx, p.server, run.URL); err != nil {
			return err
		}
	}
	return toldOfRun(run)
}

// toldOfRun turns how a run ended into how the program ends.
func toldOfRun(run api.TaskRun) error {
	switch {
	case run.State == app.TaskRunSucceeded:
		return nil
	case run.Code != nil && *run.Code != 0:
		return told(app.Exit{Code: *run.Code, Message: run.Message})
	}
	return app.Fault(app.CodeFailed, "the run was %s: %s", run.State, run.Message)
}

// showLog writes the lines of a log.
func (p *Program) showLog(ctx context.Context, of api.Reference, q api.LogQuery) error {
	for line, err := range p.server.Log(ctx, of, q) {
		if err != nil {
			return err
		}
		if err := p.say("%s", line.Text); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) tasksRuns() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "runs TASK", Short: "List the runs of a scheduled task, newest first", Args: takes("TASK"),
		ValidArgsFunction: p.completeOne(p.taskNames),
		RunE: func(c *cobra.Command, args []string) error {
			task, runs, err := p.runsOf(c.Context(), args[0], limit)
			if err != nil {
				return err
			}
			return list(p, runs, runColumns(task)...)
		},
	}
	c.Flags().IntVar(&limit, "limit", 20, "how many")
	return c
}

func (p *Program) runsOf(ctx context.Context, name string, limit int) (api.Task, []api.TaskRun, error) {
	if err := checkLimit(limit); err != nil {
		return api.Task{}, nil, err
	}
	task, err := p.findTask(ctx, name)
	if err != nil {
		return task, nil, err
	}
	runs, err := p.server.TaskRuns(ctx, task.URL, limit)
	return task, runs, err
}

func runColumns(task api.Task) []column[api.TaskRun] {
	return []column[api.TaskRun]{
		{"DUE", func(r api.TaskRun) string { return inZone(r.Due, task.Timezone) }},
		{"STATE", func(r api.TaskRun) string { return string(r.State) }},
		{"RELEASE", func(r api.TaskRun) string { return numbered(r.Release) }},
		{"ATTEMPT", func(r api.TaskRun) string { return strconv.Itoa(r.Attempt) }},
		{"TOOK", took},
		{"BY", func(r api.TaskRun) string { return r.Asker }},
		{"MESSAGE", func(r api.TaskRun) string { return r.Message }},
	}
}

// took is how long a run went on, "" for one that never began.
func took(r api.TaskRun) string {
	if r.Started == nil {
		return ""
	}
	end := time.Now()
	if r.Ended != nil {
		end = *r.Ended
	}
	return fmt.Sprintf("%.1f s", end.Sub(*r.Started).Seconds())
}

func (p *Program) tasksLog() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use: "log TASK", Short: "Show what the newest run of a scheduled task has written", Args: takes("TASK"),
		ValidArgsFunction: p.completeOne(p.taskNames),
		RunE: func(c *cobra.Command, args []string) error {
			_, run, err := p.newestRun(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.showLog(c.Context(), run.URL, api.LogQuery{Follow: follow})
		},
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "until it has ended")
	return c
}

func (p *Program) tasksStop() *cobra.Command {
	return &cobra.Command{
		Use: "stop TASK", Short: "Stop the newest run of a scheduled task", Args: takes("TASK"),
		ValidArgsFunction: p.completeOne(p.taskNames),
		RunE: func(c *cobra.Command, args []string) error {
			task, run, err := p.newestRun(c.Context(), args[0])
			if err != nil {
				return err
			}
			if run, err = p.server.StopTaskRun(c.Context(), run.URL); err != nil {
				return err
			}
			return p.made(run, "The run of %s is being stopped.", task.Name)
		},
	}
}

func (p *Program) newestRun(ctx context.Context, name string) (api.Task, api.TaskRun, error) {
	task, runs, err := p.runsOf(ctx, name, 1)
	if err != nil {
		return task, api.TaskRun{}, err
	}
	if len(runs) == 0 {
		return task, api.TaskRun{}, app.Fault(app.CodeNotFound, "%s has not run yet", task.Name)
	}
	return task, runs[0], nil
}
