package app

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// NewTask is what CreateTask is asked for.
type NewTask struct {
	Instance ID[Instance]
	Name     string
	TaskSettings
}

// Tasks lists the scheduled tasks of an instance, by name.
func (a *App) Tasks(ctx context.Context, who Actor, instance ID[Instance]) ([]ScheduledTask, error) {
	var tasks []ScheduledTask
	err := a.read(ctx, func(r Reader) (err error) {
		if _, _, err := instanceFor(r, who, ActionView, instance); err != nil {
			return err
		}
		tasks, err = gather(r.Tasks().By(TaskByInstance, string(instance)), every[ScheduledTask])
		return err
	})
	slices.SortFunc(tasks, func(a, b ScheduledTask) int { return strings.Compare(a.Name, b.Name) })
	return tasks, err
}

// Task returns one scheduled task.
func (a *App) Task(ctx context.Context, who Actor, id ID[ScheduledTask]) (ScheduledTask, error) {
	var task ScheduledTask
	err := a.read(ctx, func(r Reader) (err error) {
		task, err = taskFor(r, who, ActionView, id)
		return err
	})
	return task, err
}

// CreateTask makes a scheduled task, due from now on. CodeConflict when its instance has one
// of that name.
func (a *App) CreateTask(ctx context.Context, who Actor, n NewTask) (ScheduledTask, error) {
	var task ScheduledTask
	err := a.update(ctx, func(tx Tx) error {
		instance, _, err := instanceFor(tx.Reader(), who, ActionManage, n.Instance)
		if err != nil {
			return err
		}
		settings := n.withDefaults()
		if err := orElse(CheckName("name", n.Name), settings.check(a.config.Sizes)); err != nil {
			return err
		}
		if _, err := tx.Tasks().One(TaskByName, instance.Key()+"/"+n.Name); !IsNotFound(err) {
			return taken(err, "name", "%s has a scheduled task called %q already; choose another name", instance.Label, n.Name)
		}
		now := a.now()
		task = ScheduledTask{ID: NewID[ScheduledTask](now), Instance: instance.ID, Name: n.Name, TaskSettings: settings, Decided: now, Created: now}
		return orElse(tx.Tasks().Put(task), a.happened(tx, task.event(who, "The scheduled task "+task.Name+" was made.")))
	})
	return task, err
}

// TaskUpdate changes a scheduled task; what is nil changes nothing.
type TaskUpdate struct {
	Settings func(*TaskSettings) // called within a transaction, perhaps more than once
	Paused   *bool
}

// UpdateTask changes a scheduled task. What was due before and not decided on is over when
// its schedule changes or its pause ends.
func (a *App) UpdateTask(ctx context.Context, who Actor, id ID[ScheduledTask], u TaskUpdate) (ScheduledTask, error) {
	var task ScheduledTask
	err := a.update(ctx, func(tx Tx) (err error) {
		if task, err = taskFor(tx.Reader(), who, ActionManage, id); err != nil {
			return err
		}
		before := task
		if u.Settings != nil {
			u.Settings(&task.TaskSettings)
			task.TaskSettings = task.withDefaults()
		}
		if u.Paused != nil {
			task.Paused = *u.Paused
		}
		if err := task.check(a.config.Sizes); err != nil {
			return err
		}
		if before.Schedule != task.Schedule || before.Zone != task.Zone || before.Paused != task.Paused {
			task.Decided = a.now()
		}
		if task == before {
			return nil
		}
		return orElse(tx.Tasks().Put(task), a.happened(tx, task.event(who, task.changedFrom(before))))
	})
	return task, err
}

// DeleteTask removes a scheduled task with its runs; one that goes on is stopped.
func (a *App) DeleteTask(ctx context.Context, who Actor, id ID[ScheduledTask]) error {
	var runs []TaskRun
	err := a.update(ctx, func(tx Tx) error {
		task, err := taskFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		if runs, err = gather(tx.TaskRuns().By(TaskRunByTask, string(id)), every[TaskRun]); err != nil {
			return err
		}
		return errors.Join(
			deleteAll(tx.TaskRuns(), TaskRunByTask, string(id)), tx.Tasks().Delete(task.ID),
			a.happened(tx, task.event(who, "The scheduled task "+task.Name+" was deleted.")),
			a.settleTask(tx, task, "The scheduled task "+task.Name+" was deleted."),
		)
	})
	if err != nil {
		return err
	}
	a.tidy() // which stops what goes on, should this not come to it
	return a.dropRuns(ctx, runs)
}

// event is what the feed tells of something that who did to the task.
func (t ScheduledTask) event(who Actor, text string) Event {
	return Event{Instance: t.Instance, Kind: EventTask, By: who.User, About: t.Key(), Text: text}
}

// changedFrom says in a sentence what became of the task.
func (t ScheduledTask) changedFrom(before ScheduledTask) string {
	switch {
	case t.Paused == before.Paused:
		return "The scheduled task " + t.Name + " was changed."
	case t.Paused:
		return "The scheduled task " + t.Name + " was paused."
	}
	return "The scheduled task " + t.Name + " was resumed."
}

// taskFor returns the task when who may do the action to its instance.
func taskFor(r Reader, who Actor, action Action, id ID[ScheduledTask]) (ScheduledTask, error) {
	if err := signedIn(who); err != nil {
		return ScheduledTask{}, err
	}
	task, err := r.Tasks().Get(id)
	if err != nil {
		return ScheduledTask{}, err
	}
	_, _, err = instanceOf(r, who, action, task.Instance, "scheduled task")
	return task, err
}
