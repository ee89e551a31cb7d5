package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) taskRunRoutes() []route {
	return []route{
		show("/v2/task_runs/", "The runs of a scheduled task, newest first", listTaskRuns).needs("task", "its url").asks("limit", "only the newest so many"),
		show("/v2/task_runs/:id/", "One run of a scheduled task", showTaskRun),
		act("/v2/task_runs/:id/stop/", "Stop a run, which is then cancelled", stopTaskRun),
		logOf("/v2/task_runs/:id/log/", "What a run has written, and how it ended", taskRunLog),
	}
}

func (c *call) taskRun(r app.TaskRun) (api.TaskRun, error) {
	wire := api.TaskRun{
		Task: refer(c, "scheduled_tasks", r.Task), Due: r.Due, State: r.State, Attempt: r.Attempt, Missed: r.Missed, Code: exitCode(r.Exit),
		Message: r.Message, Started: moment(r.Started), Ended: moment(r.Ended), URL: refer(c, "task_runs", r.ID),
	}
	if r.Asker != "" {
		asker, err := c.person(r.Asker)
		if err != nil {
			return wire, err
		}
		wire.Asker = asker.Name
	}
	number, err := c.releaseNumber(r.Release)
	wire.Release = number
	return wire, err
}

func listTaskRuns(c *call) ([]api.TaskRun, error) {
	task, limit, err := newestOf[app.ScheduledTask](c, "task", "scheduled_tasks")
	if err != nil {
		return nil, err
	}
	runs, err := c.App.TaskRuns(c.ctx(), c.who, task, limit)
	return each(runs, err, c.taskRun)
}

func showTaskRun(c *call) (api.TaskRun, error) {
	id, err := given[app.TaskRun](c, "task run")
	if err != nil {
		return api.TaskRun{}, err
	}
	run, err := c.App.TaskRun(c.ctx(), c.who, id)
	if err != nil {
		return api.TaskRun{}, err
	}
	return c.taskRun(run)
}

func stopTaskRun(c *call) (api.TaskRun, error) {
	id, err := given[app.TaskRun](c, "task run")
	if err != nil {
		return api.TaskRun{}, err
	}
	run, err := c.App.StopTaskRun(c.ctx(), c.who, id)
	if err != nil {
		return api.TaskRun{}, err
	}
	return c.taskRun(run)
}

func taskRunLog(c *call, q app.LogQuery) (lines, error) {
	id, err := given[app.TaskRun](c, "task run")
	if err != nil {
		return nil, err
	}
	if _, err := c.App.TaskRun(c.ctx(), c.who, id); err != nil {
		return nil, err
	}
	return c.App.TaskRunLog(c.ctx(), c.who, id, q), nil
}
