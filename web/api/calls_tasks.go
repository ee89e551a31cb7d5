package api

import (
	"context"
	"strconv"
)

// Tasks lists the scheduled tasks of an instance.
func (c *Client) Tasks(ctx context.Context, instance Reference) ([]Task, error) {
	return get[[]Task](ctx, c, "/v2/scheduled_tasks/", filter("instance", string(instance)))
}

// FindTask returns the scheduled task of that name of an instance.
func (c *Client) FindTask(ctx context.Context, instance Reference, name string) (Task, error) {
	return get[Task](ctx, c, "/v2/scheduled_tasks/find/", filter("instance", string(instance), "name", name))
}

// CreateTask makes a scheduled task. CodeConflict when its name is taken.
func (c *Client) CreateTask(ctx context.Context, n NewTask) (Task, error) {
	return post[Task](ctx, c, "/v2/scheduled_tasks/", n)
}

// UpdateTask changes a scheduled task.
func (c *Client) UpdateTask(ctx context.Context, task Reference, u TaskUpdate) (Task, error) {
	return patch[Task](ctx, c, task, u)
}

// RunTask runs a scheduled task now.
func (c *Client) RunTask(ctx context.Context, task Reference) (TaskRun, error) {
	return post[TaskRun](ctx, c, string(task)+"run/", nil)
}

// TaskRuns lists the newest runs of a scheduled task, newest first; 0 is all that are kept.
func (c *Client) TaskRuns(ctx context.Context, task Reference, limit int) ([]TaskRun, error) {
	return get[[]TaskRun](ctx, c, "/v2/task_runs/", filter("task", string(task), "limit", strconv.Itoa(limit)))
}

// StopTaskRun asks for the end of a run. CodeConflict when it has ended.
func (c *Client) StopTaskRun(ctx context.Context, run Reference) (TaskRun, error) {
	return post[TaskRun](ctx, c, string(run)+"stop/", nil)
}
