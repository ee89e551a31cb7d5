package app

import (
	"context"
	"fmt"
	"time"
)

// Firing is what the scheduler decides of a task: everything that was due after
// ScheduledTask.Decided, up to and with Until.
type Firing struct {
	Task    ID[ScheduledTask]
	Decided time.Time // as the task had it when this was decided
	Until   time.Time // the last of the due times
	Run     bool      // whether it runs at Until
	Late    bool      // Until is some time ago
	// Missed is how many of the due times nobody was there for, and MissedUntil the last of
	// them; 0 and the zero time when there are none.
	Missed      int
	MissedUntil time.Time
}

// ScheduledTasks lists all scheduled tasks of instances that are not deleted, for the
// scheduler: it acts for nobody.
func (a *App) ScheduledTasks(ctx context.Context) ([]ScheduledTask, error) {
	var tasks []ScheduledTask
	err := a.read(ctx, func(r Reader) (err error) {
		tasks, err = gather(r.Tasks().Each(), func(t ScheduledTask) bool {
			instance, err := r.Instances().Get(t.Instance)
			return err == nil && instance.alive()
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the scheduled tasks: %w", err)
	}
	return tasks, nil
}

// Fire makes a firing true, in one change: the runs and the mark up to where the task is
// decided on. So whatever is killed, no due time is lost and none has two runs. A firing
// that somebody was quicker than changes nothing.
func (a *App) Fire(ctx context.Context, f Firing) error {
	return a.update(ctx, func(tx Tx) error {
		task, err := tx.Tasks().Get(f.Task)
		if IsNotFound(err) {
			return nil
		}
		if err != nil || task.Paused || !task.Decided.Equal(f.Decided) {
			return err
		}
		if f.Missed > 0 {
			missed := a.missed(task, f)
			if err := orElse(tx.TaskRuns().Put(missed), a.tellOfTaskRun(tx, task, missed)); err != nil {
				return err
			}
		}
		if f.Run {
			run := a.newTaskRun(task, f.Until)
			if f.Late {
				run.Message = fmt.Sprintf("Late: it was due at %s.", f.Until.Format(time.RFC3339))
			}
			if _, err := a.putTaskRun(tx, task, run); err != nil {
				return err
			}
		}
		task.Decided = f.Until
		return tx.Tasks().Put(task)
	})
}

// newTaskRun is a run that is due.
func (a *App) newTaskRun(task ScheduledTask, due time.Time) TaskRun {
	return TaskRun{ID: NewID[TaskRun](a.now()), Task: task.ID, Instance: task.Instance, Due: due, State: TaskRunDue, Attempt: 1}
}

// missed is one record for all due times in a row that nobody was there for.
func (a *App) missed(task ScheduledTask, f Firing) TaskRun {
	run := a.newTaskRun(task, f.MissedUntil)
	run.Missed = f.Missed
	message := "Missed: Gondor was not running when it was due."
	if f.Missed > 1 {
		message = fmt.Sprintf("Missed: Gondor was not running at %d times in a row at which it was due.", f.Missed)
	}
	return run.end(TaskRunMissed, message, a.now())
}

// putTaskRun stores a new run by the task's policy of overlap.
func (a *App) putTaskRun(tx Tx, task ScheduledTask, run TaskRun) (TaskRun, error) {
	moving, err := gather(tx.TaskRuns().By(TaskRunMoving, string(task.ID)), every[TaskRun])
	if err != nil {
		return run, err
	}
	switch {
	case len(moving) == 0:
	case task.Overlap == OverlapReplace:
		for _, before := range moving {
			if err := tx.TaskRuns().Put(a.stopped(before, "Replaced by the run that was due next.")); err != nil {
				return run, err
			}
		}
	case task.Overlap == OverlapSkip:
		run = run.end(TaskRunSkipped, "Skipped: the run before had not ended.", a.now())
	case len(moving) > MaxQueued:
		run = run.end(TaskRunSkipped, fmt.Sprintf("Skipped: %d runs wait already.", MaxQueued), a.now())
	}
	return run, tx.TaskRuns().Put(run)
}
