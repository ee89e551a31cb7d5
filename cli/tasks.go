package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) tasksCommand() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the scheduled tasks of the instance", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.listTasks(c.Context()) },
	}
	return family("scheduled-tasks", "Commands that run at the times of a schedule", list, p.tasksCreate(), p.tasksRun(),
		p.tasksPause("pause", "Let a scheduled task rest", true, "%s rests until it is resumed."),
		p.tasksPause("resume", "End the rest of a scheduled task", false, "%s runs by its schedule again."),
		p.tasksRuns(), p.tasksLog(), p.tasksStop(), p.tasksDelete())
}

func (p *Program) listTasks(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	tasks, err := p.server.Tasks(ctx, instance.URL)
	if err != nil {
		return err
	}
	return list(p, tasks,
		column[api.Task]{"TASK", func(t api.Task) string { return t.Name }},
		column[api.Task]{"SCHEDULE", func(t api.Task) string { return t.Schedule }},
		column[api.Task]{"TIME ZONE", func(t api.Task) string { return t.Timezone }},
		column[api.Task]{"NEXT", nextOf},
		column[api.Task]{"LAST RUN", lastOf},
		column[api.Task]{"COMMAND", func(t api.Task) string { return t.Command }},
	)
}

// nextOf is when a task is due next, on the clocks of its own time zone.
func nextOf(t api.Task) string {
	if t.Next == nil {
		return "paused"
	}
	return inZone(*t.Next, t.Timezone)
}

func inZone(t time.Time, zone string) string {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return moment(t)
	}
	return t.In(location).Format("2006-01-02 15:04")
}

func lastOf(t api.Task) string {
	if t.LastRun == nil {
		return ""
	}
	return string(t.LastRun.State) + " " + inZone(t.LastRun.Due, t.Timezone)
}

func (p *Program) tasksCreate() *cobra.Command {
	var n api.NewTask
	var overlap string
	var limit time.Duration
	c := &cobra.Command{
		Use:   "create --name NAME --schedule SCHEDULE [--timezone ZONE] -- COMMAND...",
		Short: "Run a command at the times of a schedule",
		Long: "Run a command in the instance's release at the times of a schedule of five fields: minute, hour, day\n" +
			"of the month, month, day of the week. Where clocks change, a fixed time runs once: one that is skipped\n" +
			"at the end of the gap, one that comes twice the first time.",
		Example: `  gondor scheduled-tasks create --name nightly --timezone Europe/Vienna --schedule "30 2 * * *" -- python manage.py clearsessions`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 || c.ArgsLenAtDash() != 0 {
				return usage("the command is missing; say gondor scheduled-tasks create --name NAME --schedule SCHEDULE -- COMMAND")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			n.Command, n.Overlap, n.TimeLimit = commandLine(args), app.OverlapPolicy(overlap), int(limit/time.Second)
			return p.createTask(c.Context(), n)
		},
	}
	c.Flags().StringVar(&n.Name, "name", "", "its name")
	c.Flags().StringVar(&n.Schedule, "schedule", "", `five fields, such as "30 2 * * *"`)
	c.Flags().StringVar(&n.Timezone, "timezone", "UTC", "a time zone of the IANA list, such as Europe/Vienna")
	c.Flags().StringVar(&n.Size, "size", "", "small, medium, large or xlarge (default: small)")
	c.Flags().StringVar(&overlap, "overlap", "skip", "what happens while the run before goes on: skip, queue or replace")
	c.Flags().IntVar(&n.Retries, "retries", 0, "how often a run that failed is tried again")
	c.Flags().DurationVar(&limit, "time-limit", app.DefaultTimeLimit, "how long one attempt may take")
	c.Flags().BoolVar(&n.CatchUp, "catch-up", false, "run it once, late, when Gondor was down at its time")
	return c
}

func (p *Program) createTask(ctx context.Context, n api.NewTask) error {
	var missing []string
	for flag, value := range map[string]string{"--name": n.Name, "--schedule": n.Schedule} {
		if value == "" {
			missing = append(missing, flag)
		}
	}
	if len(missing) > 0 {
		return usage("%s is missing", strings.Join(missing, " and "))
	}
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	n.Instance = instance.URL
	task, err := p.server.CreateTask(ctx, n)
	if err != nil {
		return err
	}
	return p.made(task, "%s runs next at %s (%s).", task.Name, nextOf(task), task.Timezone)
}

func (p *Program) tasksPause(use, short string, paused bool, says string) *cobra.Command {
	return &cobra.Command{
		Use: use + " TASK", Short: short, Args: takes("TASK"), ValidArgsFunction: p.completeOne(p.taskNames),
		RunE: func(c *cobra.Command, args []string) error {
			task, err := p.findTask(c.Context(), args[0])
			if err != nil {
				return err
			}
			if task, err = p.server.UpdateTask(c.Context(), task.URL, api.TaskUpdate{Paused: &paused}); err != nil {
				return err
			}
			return p.made(task, says, task.Name)
		},
	}
}

func (p *Program) tasksDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete TASK", Short: "Delete a scheduled task with its runs", Args: takes("TASK"),
		ValidArgsFunction: p.completeOne(p.taskNames),
		RunE: func(c *cobra.Command, args []string) error {
			task, err := p.findTask(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.remove(c.Context(), task.URL, "the scheduled task "+task.Name, yes)
		},
	}
	yesFlag(c, &yes)
	return c
}

func (p *Program) findTask(ctx context.Context, name string) (api.Task, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return api.Task{}, err
	}
	task, err := p.server.FindTask(ctx, instance.URL, name)
	if app.IsNotFound(err) {
		return task, app.Fault(app.CodeNotFound, "the instance %s has no scheduled task %q", instance.Label, name)
	}
	return task, err
}

func (p *Program) taskNames(ctx context.Context) ([]string, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return nil, err
	}
	tasks, err := p.server.Tasks(ctx, instance.URL)
	return names(tasks, func(t api.Task) string { return t.Name }), err
}
