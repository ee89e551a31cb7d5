package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// keepTaskRuns is how many of the newest runs of a task are kept, with their logs.
const keepTaskRuns = 100

// The pause before a retry: the first, and the longest.
const (
	firstRetry = 30 * time.Second
	lastRetry  = 10 * time.Minute
)

// endRun stores how an attempt ended, and forgets its process then: the other way round a
// kill between the two would have it run twice.
func (a *App) endRun(ctx context.Context, run TaskRun, exit Exit) error {
	now, old, err := a.storeRunEnd(ctx, run, exit)
	if err != nil && !IsNotFound(err) { // its task was deleted meanwhile
		return fmt.Errorf("store the end of a task run: %w", err)
	}
	if err == nil {
		a.sayOfRun(ctx, now)
	}
	return errors.Join(a.dropRuns(ctx, old), a.Processes.Forget(ctx, taskProcess(run)))
}

// storeRunEnd stores how an attempt ended, once, tells of it, and lets go of the oldest runs.
func (a *App) storeRunEnd(ctx context.Context, run TaskRun, exit Exit) (now TaskRun, old []TaskRun, err error) {
	err = a.update(ctx, func(tx Tx) (err error) {
		if now, err = tx.TaskRuns().Get(run.ID); err != nil || now.State != TaskRunRunning || now.Attempt != run.Attempt {
			return err
		}
		task, err := tx.Tasks().Get(now.Task)
		if err != nil {
			return err
		}
		now = a.judge(now, task, exit)
		if err := orElse(tx.TaskRuns().Put(now), a.tellOfTaskRun(tx, task, now)); err != nil {
			return err
		}
		old, err = prune(tx.TaskRuns(), TaskRunByTask, string(now.Task), keepTaskRuns, func(r TaskRun) bool { return r.State.Ended() })
		return err
	})
	return now, old, err
}

// judge is what becomes of a run whose attempt has ended.
func (a *App) judge(run TaskRun, task ScheduledTask, exit Exit) TaskRun {
	run.Exit = exit
	switch {
	case exit.Code == 0:
		return run.end(TaskRunSucceeded, "", a.now())
	case run.Stopped:
		return run.end(TaskRunCancelled, run.Message, a.now())
	case run.Attempt <= task.Retries:
		pause := min(firstRetry<<(run.Attempt-1), lastRetry)
		run.State, run.Attempt, run.After = TaskRunDue, run.Attempt+1, a.now().Add(pause)
		run.Message = fmt.Sprintf("Attempt %d failed: %s. It is tried again.", run.Attempt-1, exit.Message)
		return run
	}
	return run.end(TaskRunFailed, strings.TrimSuffix(exit.Message, ".")+".", a.now())
}

// sayOfRun writes into a run's log how it stands, and closes the log of one that has ended.
func (a *App) sayOfRun(ctx context.Context, run TaskRun) {
	text := run.Message
	switch run.State {
	case TaskRunSucceeded:
		text = fmt.Sprintf("Succeeded after %.1f s.", run.Ended.Sub(run.Started).Seconds())
	case TaskRunFailed:
		text = "Failed: " + run.Message
	}
	err := a.Logs.Append(ctx, taskRunLog(run), text)
	if err == nil && run.State.Ended() {
		err = a.Logs.Close(ctx, taskRunLog(run))
	}
	if err != nil {
		a.log.Warn("write the log of a task run", "run", run.ID, "error", err)
	}
}

// runIsOver reports whether an attempt of a task run has been judged, or its task is no more.
func (a *App) runIsOver(ctx context.Context, process ProcessID) (bool, error) {
	id, _, _ := strings.Cut(strings.TrimPrefix(string(process), taskPrefix), "-")
	over := false
	err := a.read(ctx, func(r Reader) error {
		run, err := r.TaskRuns().Get(ID[TaskRun](id))
		over = IsNotFound(err) || err == nil && (run.State != TaskRunRunning || taskProcess(run) != process)
		if IsNotFound(err) {
			return nil
		}
		return err
	})
	return over, err
}
