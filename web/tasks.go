package web

import (
	"time"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) taskRoutes() []route {
	return []route{
		show("/v2/scheduled_tasks/", "The scheduled tasks of an instance", listTasks).needs("instance", "its url"),
		show("/v2/scheduled_tasks/find/", "The scheduled task of a name", findTask).needs("instance", "the url of its instance", "name", "the name"),
		create("/v2/scheduled_tasks/", "Run a command in an instance at the times of a schedule", createTask),
		show("/v2/scheduled_tasks/:id/", "One scheduled task", showTask),
		change("/v2/scheduled_tasks/:id/", "Change, pause or resume a scheduled task", updateTask),
		erase("/v2/scheduled_tasks/:id/", "Delete a scheduled task with its runs", deleteTask),
		act("/v2/scheduled_tasks/:id/run/", "Run a scheduled task now", runTask),
	}
}

func (c *call) task(t app.ScheduledTask) (api.Task, error) {
	wire := api.Task{
		Instance: refer(c, "instances", t.Instance), Name: t.Name, Schedule: t.Schedule, Timezone: t.Zone, Command: t.Command,
		Size: t.Size, Overlap: t.Overlap, Retries: t.Retries, TimeLimit: int(t.TimeLimit / time.Second), CatchUp: t.CatchUp,
		Paused: t.Paused, Next: moment(t.Next(time.Now())), URL: refer(c, "scheduled_tasks", t.ID),
	}
	runs, err := c.App.TaskRuns(c.ctx(), c.who, t.ID, 1)
	if err != nil || len(runs) == 0 {
		return wire, err
	}
	last, err := c.taskRun(runs[0])
	wire.LastRun = &last
	return wire, err
}

func listTasks(c *call) ([]api.Task, error) {
	instance, err := mustAsk[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	tasks, err := c.App.Tasks(c.ctx(), c.who, instance)
	return each(tasks, err, c.task)
}

func findTask(c *call) (api.Task, error) {
	name, err := c.needed("name")
	if err != nil {
		return api.Task{}, err
	}
	tasks, err := listTasks(c)
	return find(tasks, err, "scheduled task", func(t api.Task) bool { return t.Name == name })
}

func createTask(c *call, in api.NewTask) (api.Task, error) {
	instance, err := required[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Task{}, err
	}
	if in.Timezone == "" {
		in.Timezone = "UTC"
	}
	task, err := c.App.CreateTask(c.ctx(), c.who, app.NewTask{Instance: instance, Name: in.Name, TaskSettings: app.TaskSettings{
		Schedule: in.Schedule, Zone: in.Timezone, Command: in.Command, Size: in.Size,
		Overlap: in.Overlap, Retries: in.Retries, TimeLimit: seconds(in.TimeLimit), CatchUp: in.CatchUp,
	}})
	if err != nil {
		return api.Task{}, err
	}
	return c.task(task)
}

// seconds is a number of seconds; one that is more than any limit stays so.
func seconds(n int) time.Duration {
	return time.Duration(min(n, int(app.MaxTimeLimit/time.Second)+1)) * time.Second
}

func showTask(c *call) (api.Task, error) {
	id, err := given[app.ScheduledTask](c, "scheduled task")
	if err != nil {
		return api.Task{}, err
	}
	task, err := c.App.Task(c.ctx(), c.who, id)
	if err != nil {
		return api.Task{}, err
	}
	return c.task(task)
}

func updateTask(c *call, in api.TaskUpdate) (api.Task, error) {
	id, err := given[app.ScheduledTask](c, "scheduled task")
	if err != nil {
		return api.Task{}, err
	}
	task, err := c.App.UpdateTask(c.ctx(), c.who, id, app.TaskUpdate{Paused: in.Paused, Settings: func(s *app.TaskSettings) { settle(s, in) }})
	if err != nil {
		return api.Task{}, err
	}
	return c.task(task)
}

// settle sets what an update has of a task's settings.
func settle(s *app.TaskSettings, in api.TaskUpdate) {
	set(&s.Schedule, in.Schedule)
	set(&s.Zone, in.Timezone)
	set(&s.Command, in.Command)
	set(&s.Size, in.Size)
	set(&s.Overlap, in.Overlap)
	set(&s.Retries, in.Retries)
	set(&s.CatchUp, in.CatchUp)
	if in.TimeLimit != nil {
		s.TimeLimit = seconds(*in.TimeLimit)
	}
}

// set sets what is given.
func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

func deleteTask(c *call) error {
	id, err := given[app.ScheduledTask](c, "scheduled task")
	if err != nil {
		return err
	}
	return c.App.DeleteTask(c.ctx(), c.who, id)
}

func runTask(c *call) (api.TaskRun, error) {
	id, err := given[app.ScheduledTask](c, "scheduled task")
	if err != nil {
		return api.TaskRun{}, err
	}
	run, err := c.App.RunTask(c.ctx(), c.who, id)
	if err != nil {
		return api.TaskRun{}, err
	}
	return c.taskRun(run)
}
