package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// tellOfTaskRun puts a run that failed or was missed into the feed, and begins and ends the
// alerts about its task.
func (a *App) tellOfTaskRun(tx Tx, task ScheduledTask, run TaskRun) error {
	switch run.State {
	case TaskRunSucceeded:
		return a.settleTask(tx, task, task.Name+" succeeded.")
	case TaskRunFailed:
		alert := Alert{Instance: run.Instance, Kind: AlertTaskFailed, On: task.Key(), Title: task.Name + " failed.", Text: run.Message}
		return errors.Join(
			a.settle(tx, AlertTaskMissed, task.Key(), task.Name+" has run."),
			a.raise(tx, alert), a.warnOf(tx, run, "A run of "+task.Name+" failed: "+firstLine(run.Message)),
		)
	case TaskRunMissed:
		return a.missedRun(tx, task, run, run.Message)
	}
	return nil
}

// missedRun tells of a run that should have been, and was not.
func (a *App) missedRun(tx Tx, task ScheduledTask, run TaskRun, why string) error {
	title := task.Name + " did not run when it was due."
	alert := Alert{Instance: run.Instance, Kind: AlertTaskMissed, On: task.Key(), Title: title, Text: why}
	return orElse(a.raise(tx, alert), a.warnOf(tx, run, title+" "+firstLine(why)))
}

func (a *App) warnOf(tx Tx, run TaskRun, text string) error {
	return a.happened(tx, Event{Instance: run.Instance, Kind: EventTaskRun, By: run.Asker, Warning: true, About: run.Key(), Text: text})
}

// settleTask ends all alerts about a task.
func (a *App) settleTask(tx Tx, task ScheduledTask, how string) error {
	return errors.Join(a.settle(tx, AlertTaskFailed, task.Key(), how), a.settle(tx, AlertTaskMissed, task.Key(), how))
}

// lateRun is how long a run that could begin may not have begun before that is an alert.
const lateRun = 5 * time.Minute

// tellOfLateRun tells, once, of a run that does not come to begin: the engine does not answer,
// say, or the disk is full.
func (a *App) tellOfLateRun(ctx context.Context, id ID[ScheduledTask], why error) error {
	return a.update(ctx, func(tx Tx) error {
		run, err := tx.TaskRuns().One(TaskRunMoving, string(id))
		if IsNotFound(err) || err == nil && (run.Overdue || a.taskRuns.has(run.ID) || a.now().Sub(later(run.Due, run.After)) < lateRun) {
			return nil
		}
		if err != nil {
			return err
		}
		task, err := tx.Tasks().Get(id)
		if err != nil {
			return err
		}
		run.Overdue = true
		message := fmt.Sprintf("It was due at %s and can't begin: %v.", run.Due.Format(time.RFC3339), why)
		return orElse(tx.TaskRuns().Put(run), a.missedRun(tx, task, run, message))
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
