package ui

import (
	"net/http"
	"time"

	"gondor/app"
)

// taskRunView is the page of one run of a scheduled task.
type taskRunView struct {
	Head instanceHead
	Task app.ScheduledTask
	Run  taskRunRow
	Log  logView
}

// taskRunRow is a run with what explains it.
type taskRunRow struct {
	app.TaskRun
	Zone    string
	By      string // who asked for it, "" for the schedule
	Release int    // the number of its release, 0 before it starts
}

// At is when it was due, as clocks in its task's zone showed it.
func (r taskRunRow) At() string { return zoned(r.Due, r.Zone) }

// Took is how long it went on, 0 when it has not ended or never began.
func (r taskRunRow) Took() time.Duration {
	if r.Started.IsZero() || r.Ended.IsZero() {
		return 0
	}
	return r.Ended.Sub(r.Started)
}

// Moving reports whether it has not ended.
func (r taskRunRow) Moving() bool { return !r.State.Ended() }

// zoned is a time as clocks of a zone show it, "" for none.
func zoned(t time.Time, zone string) string {
	if t.IsZero() {
		return ""
	}
	if location, err := time.LoadLocation(zone); err == nil {
		t = t.In(location)
	}
	return t.Format("Mon 2 Jan 2006, 15:04 MST")
}

func (d *dashboard) taskRunRoutes(mux *http.ServeMux) {
	mux.Handle("GET /task-runs/{run}", d.private(d.taskRunPage))
	mux.Handle("GET /task-runs/{run}/log", d.private(d.taskRunLog))
	mux.Handle("POST /task-runs/{run}/stop", d.private(d.stopTaskRun))
}

func taskRunID(c *call) app.ID[app.TaskRun] { return app.ID[app.TaskRun](c.PathValue("run")) }

func taskRunPath(id app.ID[app.TaskRun]) string { return "/task-runs/" + string(id) }

func (d *dashboard) taskRunPage(c *call) error {
	run, err := d.app.TaskRun(c.Context(), c.who, taskRunID(c))
	if err != nil {
		return err
	}
	task, err := d.app.Task(c.Context(), c.who, run.Task)
	if err != nil {
		return err
	}
	head, err := d.head(c, run.Instance, "tasks")
	if err != nil {
		return err
	}
	view := taskRunView{Head: head, Task: task}
	if view.Run, err = d.taskRunRow(c, task, run); err != nil {
		return err
	}
	if c.section() == "" {
		view.Log, err = readLog("Log of "+task.Name, taskRunPath(run.ID)+"/log", run.State.Ended(), d.app.TaskRunLog(c.Context(), c.who, run.ID, app.LogQuery{Last: shownLines}))
	}
	if err != nil {
		return err
	}
	return d.show(c, "task-run", head.page(task.Name+" of "+head.Site.Name+" "+head.Label, view, form{}))
}

func (d *dashboard) taskRunRow(c *call, task app.ScheduledTask, run app.TaskRun) (taskRunRow, error) {
	row := taskRunRow{TaskRun: run, Zone: task.Zone}
	if run.Asker != "" {
		names, err := d.names(c, run.Asker)
		if err != nil {
			return row, err
		}
		row.By = names[run.Asker]
	}
	number, err := d.releaseNumber(c, run.Release)
	row.Release = number
	return row, err
}

func (d *dashboard) taskRunLog(c *call) error {
	id := taskRunID(c)
	if _, err := d.app.TaskRun(c.Context(), c.who, id); err != nil {
		return err
	}
	return d.streamLog(c, d.app.TaskRunLog(c.Context(), c.who, id, c.logQuery()))
}

func (d *dashboard) stopTaskRun(c *call) error {
	run, err := d.app.StopTaskRun(c.Context(), c.who, taskRunID(c))
	if app.CodeOf(err) == app.CodeConflict {
		return d.done(c, taskRunPath(taskRunID(c)), sentence(err.Error()))
	}
	if err != nil {
		return err
	}
	return d.done(c, taskRunPath(run.ID), "It is being stopped.")
}
