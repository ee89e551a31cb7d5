package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// TaskRuns lists the runs of a scheduled task, newest first, at most limit; 0 is all that
// are kept.
func (a *App) TaskRuns(ctx context.Context, who Actor, task ID[ScheduledTask], limit int) ([]TaskRun, error) {
	var runs []TaskRun
	err := a.read(ctx, func(r Reader) (err error) {
		if _, err := taskFor(r, who, ActionView, task); err != nil {
			return err
		}
		runs, err = gather(r.TaskRuns().By(TaskRunByTask, string(task)), every[TaskRun])
		return err
	})
	slices.SortFunc(runs, func(a, b TaskRun) int { return cmp.Or(b.Due.Compare(a.Due), cmp.Compare(b.ID, a.ID)) })
	if limit > 0 {
		runs = runs[:min(limit, len(runs))]
	}
	return runs, err
}

// TaskRun returns one run.
func (a *App) TaskRun(ctx context.Context, who Actor, id ID[TaskRun]) (TaskRun, error) {
	var run TaskRun
	err := a.read(ctx, func(r Reader) (err error) {
		run, err = taskRunFor(r, who, ActionView, id)
		return err
	})
	return run, err
}

// RunTask runs a scheduled task now, paused or not. While another run of it goes on, its
// policy of overlap says what happens.
func (a *App) RunTask(ctx context.Context, who Actor, id ID[ScheduledTask]) (TaskRun, error) {
	var run TaskRun
	err := a.update(ctx, func(tx Tx) error {
		task, err := taskFor(tx.Reader(), who, ActionRun, id)
		if err != nil {
			return err
		}
		run = a.newTaskRun(task, a.now())
		run.Asker = who.User
		run, err = a.putTaskRun(tx, task, run)
		return err
	})
	return run, err
}

// StopTaskRun asks for the end of a run, which is then cancelled. CodeConflict when it has
// ended.
func (a *App) StopTaskRun(ctx context.Context, who Actor, id ID[TaskRun]) (TaskRun, error) {
	var run TaskRun
	err := a.update(ctx, func(tx Tx) (err error) {
		if run, err = taskRunFor(tx.Reader(), who, ActionRun, id); err != nil {
			return err
		}
		if run.State.Ended() {
			return Conflict("", "this run can't be stopped: it has ended, %s", run.State)
		}
		run = a.stopped(run, "Stopped by "+who.Name+".")
		return tx.TaskRuns().Put(run)
	})
	return run, err
}

// stopped is a run whose end is asked for; one that has not begun has ended with that.
func (a *App) stopped(run TaskRun, why string) TaskRun {
	run.Stopped, run.Message = true, why
	if run.State == TaskRunDue && run.Started.IsZero() {
		return run.end(TaskRunCancelled, why, a.now())
	}
	return run
}

// TaskRunLog yields the lines of a run's log. Following ends with the run.
func (a *App) TaskRunLog(ctx context.Context, who Actor, id ID[TaskRun], q LogQuery) iter.Seq2[LogLine, error] {
	run, err := a.TaskRun(ctx, who, id)
	return a.linesUntil(ctx, taskRunLog(run), q, run.State.Ended(), run.Ended, err)
}

// taskRunLog is the log of a task run: what Gondor says of it and what its attempts write.
func taskRunLog(r TaskRun) LogName { return instanceLog(r.Instance, "task-run", string(r.ID)) }

func taskRunFor(r Reader, who Actor, action Action, id ID[TaskRun]) (TaskRun, error) {
	if err := signedIn(who); err != nil {
		return TaskRun{}, err
	}
	run, err := r.TaskRuns().Get(id)
	if err != nil {
		return TaskRun{}, err
	}
	_, _, err = instanceOf(r, who, action, run.Instance, "task run")
	return run, err
}

// dropRuns removes what the engine keeps of runs whose records are gone.
func (a *App) dropRuns(ctx context.Context, runs []TaskRun) error {
	var failed error
	for _, run := range runs {
		if !run.Started.IsZero() && !run.State.Ended() {
			failed = errors.Join(failed, a.Processes.Forget(ctx, taskProcess(run)))
		}
		failed = errors.Join(failed, a.Logs.Drop(ctx, taskRunLog(run)))
	}
	if failed != nil {
		return fmt.Errorf("remove the runs of a scheduled task: %w", failed)
	}
	return nil
}
