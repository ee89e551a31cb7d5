package ui

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"gondor/app"
)

// tasksView is the page of an instance's scheduled tasks.
type tasksView struct {
	Head     instanceHead
	Tasks    []taskRow
	Overlaps []app.OverlapPolicy
	Sizes    app.Sizes
}

// taskRow is a scheduled task with its last runs, oldest first.
type taskRow struct {
	app.ScheduledTask
	Next time.Time // zero while it is paused
	Runs []taskRunRow
}

// Last is its newest run, nil before the first.
func (r taskRow) Last() *taskRunRow {
	if len(r.Runs) == 0 {
		return nil
	}
	return &r.Runs[len(r.Runs)-1]
}

// Due is when it is due next, as clocks in its zone show it.
func (r taskRow) Due() string { return zoned(r.Next, r.Zone) }

// stripRuns is how many of its last runs a task shows.
const stripRuns = 30

func (d *dashboard) taskRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/tasks", d.private(d.tasksPage))
	mux.Handle("POST /instances/{instance}/tasks", d.private(d.createTask))
	mux.Handle("POST /tasks/{task}/run", d.private(d.runTask))
	mux.Handle("POST /tasks/{task}/pause", d.private(d.pauseTask))
	mux.Handle("POST /tasks/{task}/delete", d.private(d.deleteTask))
}

func taskID(c *call) app.ID[app.ScheduledTask] {
	return app.ID[app.ScheduledTask](c.PathValue("task"))
}

func tasksPath(id app.ID[app.Instance]) string { return instancePath(id) + "/tasks" }

func (d *dashboard) tasksPage(c *call) error {
	return d.showTasks(c, http.StatusOK, form{Name: "task", Values: map[string]string{"timezone": "UTC"}})
}

func (d *dashboard) showTasks(c *call, status int, sent form) error {
	head, err := d.head(c, instanceID(c), "tasks")
	if err != nil {
		return err
	}
	view := tasksView{Head: head, Overlaps: []app.OverlapPolicy{app.OverlapSkip, app.OverlapQueue, app.OverlapReplace}, Sizes: d.app.Sizes()}
	if view.Tasks, err = d.taskRows(c, head.ID); err != nil {
		return err
	}
	return d.showAs(c, status, "tasks", head.page("Tasks of "+head.Site.Name+" "+head.Label, view, sent))
}

func (d *dashboard) taskRows(c *call, instance app.ID[app.Instance]) ([]taskRow, error) {
	tasks, err := d.app.Tasks(c.Context(), c.who, instance)
	if err != nil {
		return nil, err
	}
	rows := make([]taskRow, len(tasks))
	for i, task := range tasks {
		runs, err := d.app.TaskRuns(c.Context(), c.who, task.ID, stripRuns)
		if err != nil {
			return nil, err
		}
		slices.Reverse(runs)
		rows[i] = taskRow{ScheduledTask: task, Next: task.Next(time.Now())}
		for _, run := range runs {
			rows[i].Runs = append(rows[i].Runs, taskRunRow{TaskRun: run, Zone: task.Zone})
		}
	}
	return rows, nil
}

func (d *dashboard) createTask(c *call) error {
	sent, err := c.read("task", "name", "schedule", "timezone", "command", "overlap", "size", "retries", "catch_up")
	if err != nil {
		return err
	}
	retries, err := number("retries", sent.Or("retries", "0"))
	if err != nil {
		return d.refuse(c, sent, err, d.showTasks)
	}
	task, err := d.app.CreateTask(c.Context(), c.who, app.NewTask{Instance: instanceID(c), Name: sent.Values["name"], TaskSettings: app.TaskSettings{
		Schedule: sent.Values["schedule"], Zone: sent.Values["timezone"], Command: strings.TrimSpace(lines(sent.Values["command"])),
		Overlap: app.OverlapPolicy(sent.Values["overlap"]), Size: sent.Values["size"], Retries: retries, CatchUp: sent.Values["catch_up"] != "",
	}})
	if err != nil {
		return d.refuse(c, sent, err, d.showTasks)
	}
	return d.done(c, tasksPath(task.Instance), task.Name+" runs next at "+zoned(task.Next(time.Now()), task.Zone)+".")
}

func (d *dashboard) runTask(c *call) error {
	run, err := d.app.RunTask(c.Context(), c.who, taskID(c))
	if err != nil {
		return err
	}
	return d.done(c, taskRunPath(run.ID), "It is to run now.")
}

func (d *dashboard) pauseTask(c *call) error {
	sent, err := c.read("pause", "paused")
	if err != nil {
		return err
	}
	paused := sent.Values["paused"] != ""
	task, err := d.app.UpdateTask(c.Context(), c.who, taskID(c), app.TaskUpdate{Paused: &paused})
	if err != nil {
		return err
	}
	says := task.Name + " runs by its schedule again."
	if paused {
		says = task.Name + " rests until it is resumed."
	}
	return d.done(c, tasksPath(task.Instance), says)
}

func (d *dashboard) deleteTask(c *call) error {
	task, err := d.app.Task(c.Context(), c.who, taskID(c))
	if err != nil {
		return err
	}
	if err := d.app.DeleteTask(c.Context(), c.who, task.ID); err != nil {
		return err
	}
	return d.done(c, tasksPath(task.Instance), task.Name+" is deleted.")
}
