package app

import (
	"context"
	"errors"
	"fmt"
)

// taskPrefix begins the IDs of the processes of task runs.
const taskPrefix = "task-"

// taskProcess is the process of a run's present attempt. There is one for each, for ever, so
// that it is found again after a kill and never run twice.
func taskProcess(run TaskRun) ProcessID {
	return ProcessID(fmt.Sprintf("%s%s-%d", taskPrefix, run.ID, run.Attempt))
}

// taskWorkers is how many tasks are moved on at the same time; nothing long waits inside.
const taskWorkers = 2

// taskLoop moves tasks on that are in line, one step each.
func (a *App) taskLoop(ctx context.Context) error {
	for {
		id, err := a.tasks.take(ctx)
		if err != nil {
			return err
		}
		if err := a.advanceTask(ctx, id); err != nil && ctx.Err() == nil {
			err = errors.Join(err, a.tellOfLateRun(ctx, id, err))
			a.log.Error("run a scheduled task", "task", id, "error", err)
			a.tasks.addAfter(id, retryAfter)
		}
		a.tasks.done(id)
	}
}

// enqueueTasks puts every task in line.
func (a *App) enqueueTasks(ctx context.Context) error {
	return a.read(ctx, func(r Reader) error {
		for task, err := range r.Tasks().Each() {
			if err != nil {
				return err
			}
			a.tasks.add(task.ID)
		}
		return nil
	})
}

// moveOn puts the task of a run in line.
func (a *App) moveOn(ctx context.Context, id ID[TaskRun]) {
	err := a.read(ctx, func(r Reader) error {
		run, err := r.TaskRuns().Get(id)
		if err == nil {
			a.tasks.add(run.Task)
		}
		return err
	})
	if err != nil && !IsNotFound(err) && ctx.Err() == nil {
		a.log.Error("look at a task run", "run", id, "error", err)
	}
}

// advanceTask brings the oldest run of a task that has not ended a step further: the one
// behind it waits for its end.
func (a *App) advanceTask(ctx context.Context, id ID[ScheduledTask]) error {
	run, err := a.oldestRun(ctx, id)
	switch {
	case IsNotFound(err):
		return nil
	case err != nil:
		return err
	case run.State == TaskRunDue && run.After.After(a.now()) && !run.Stopped:
		a.tasks.addAfter(id, run.After.Sub(a.now()))
		return nil
	case run.State == TaskRunDue:
		return a.beginRun(ctx, run.ID)
	}
	if err := a.carryOn(ctx, run); err != nil || !run.Stopped {
		return err
	}
	if err := a.Processes.Stop(ctx, taskProcess(run)); err != nil {
		return fmt.Errorf("stop a task run: %w", err)
	}
	return nil
}

func (a *App) oldestRun(ctx context.Context, task ID[ScheduledTask]) (run TaskRun, err error) {
	err = a.read(ctx, func(r Reader) error {
		run, err = r.TaskRuns().One(TaskRunMoving, string(task))
		return err
	})
	return run, err
}

// carryOn starts the process of a run, or finds it, and waits beside for its end.
func (a *App) carryOn(ctx context.Context, run TaskRun) error {
	if !a.taskRuns.enter(run.ID) {
		return nil
	}
	started, err := a.startRun(ctx, run)
	if started {
		go a.awaitRun(ctx, run)
		return nil
	}
	a.taskRuns.leave(run.ID)
	if err != nil && !passes(err) {
		return a.endRun(ctx, run, Exit{Code: 1, Message: err.Error(), Ended: a.now()})
	}
	return err
}

// passes reports whether a fault is that of the moment and not of what was asked for.
func passes(err error) bool {
	switch CodeOf(err) {
	case CodeUnavailable, CodeFull, CodeInternal:
		return true
	}
	return false
}

// awaitRun waits for the end of a run's process. Should storing that fail, the next look
// waits anew: the process keeps its exit until then.
func (a *App) awaitRun(ctx context.Context, run TaskRun) {
	exit, err := a.Processes.Wait(ctx, taskProcess(run))
	if err == nil {
		err = a.endRun(ctx, run, exit)
	}
	a.taskRuns.leave(run.ID)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.log.Error("end a task run", "run", run.ID, "error", err)
		a.tasks.addAfter(run.Task, retryAfter)
		return
	}
	a.tasks.add(run.Task)
}
