package ui

import (
	"fmt"
	"net/http"
	"time"

	"gondor/app"
)

// runView is the page of one run.
type runView struct {
	Head instanceHead
	Run  runRow
	Log  *logView // nil when what it wrote went to a terminal
}

// runRow is a run with what explains it.
type runRow struct {
	app.Run
	By     string
	Number int // of its release, 0 when that is kept no more
}

// shownRuns is how many runs the page of the terminal lists.
const shownRuns = 20

// Moving reports whether it is not over.
func (r runRow) Moving() bool { return !r.State.Over() }

// Shell reports whether it is a shell that was opened without a command.
func (r runRow) Shell() bool { return r.Command == shell }

// Outcome is how it stands or ended, in a word or two.
func (r runRow) Outcome() string {
	switch {
	case r.State != app.RunEnded:
		return string(r.State)
	case r.Stopped:
		return "stopped"
	case r.Exit.Ended.IsZero():
		return "ended"
	case r.Exit.Code == 0:
		return "succeeded"
	}
	return fmt.Sprintf("exit code %d", r.Exit.Code)
}

// Tone colours the outcome.
func (r runRow) Tone() string {
	switch {
	case r.Moving():
		return "moving"
	case r.State == app.RunExpired || r.Stopped || r.Exit.Ended.IsZero():
		return "idle"
	case r.Exit.Code == 0:
		return "good"
	}
	return "bad"
}

// Took is how long it went on, 0 when it has not ended or never began.
func (r runRow) Took() time.Duration { return took(r.Started, r.Ended) }

func (d *dashboard) runRoutes(mux *http.ServeMux) {
	mux.Handle("GET /runs/{run}", d.private(d.runPage))
	mux.Handle("GET /runs/{run}/log", d.private(d.runLog))
	mux.Handle("POST /runs/{run}/stop", d.private(d.stopRun))
}

func runID(c *call) app.ID[app.Run] { return app.ID[app.Run](c.PathValue("run")) }

func runPath(id app.ID[app.Run]) string { return "/runs/" + string(id) }

func (d *dashboard) runPage(c *call) error {
	run, err := d.app.OneRun(c.Context(), c.who, runID(c))
	if err != nil {
		return err
	}
	head, err := d.head(c, run.Instance, "terminal")
	if err != nil {
		return err
	}
	rows, err := d.explainRuns(c, run)
	if err != nil {
		return err
	}
	view := runView{Head: head, Run: rows[0]}
	if c.section() == "" && run.Detached {
		log, err := readLog("Log of the run", runPath(run.ID)+"/log", run.State.Over(), d.app.RunLog(c.Context(), c.who, run.ID, app.LogQuery{Last: shownLines}))
		if err != nil {
			return err
		}
		view.Log = &log
	}
	return d.show(c, "run", head.page("Run in "+head.Site.Name+" "+head.Label, view, form{}))
}

// runRows lists the newest runs of an instance, newest first.
func (d *dashboard) runRows(c *call, instance app.ID[app.Instance], limit int) ([]runRow, error) {
	runs, err := d.app.Runs(c.Context(), c.who, instance, limit)
	if err != nil {
		return nil, err
	}
	return d.explainRuns(c, runs...)
}

func (d *dashboard) explainRuns(c *call, runs ...app.Run) ([]runRow, error) {
	people := make([]app.ID[app.User], len(runs))
	for i, run := range runs {
		people[i] = run.User
	}
	names, err := d.names(c, people...)
	if err != nil {
		return nil, err
	}
	rows := make([]runRow, len(runs))
	for i, run := range runs {
		rows[i] = runRow{Run: run, By: names[run.User]}
		if rows[i].Number, err = d.releaseNumber(c, run.Release); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// releaseNumber is the number of a release, 0 for none and for one that is kept no more.
func (d *dashboard) releaseNumber(c *call, id app.ID[app.Release]) (int, error) {
	if id == "" {
		return 0, nil
	}
	release, err := d.app.Release(c.Context(), c.who, id)
	if app.IsNotFound(err) {
		return 0, nil
	}
	return release.Number, err
}

func (d *dashboard) runLog(c *call) error {
	id := runID(c)
	if _, err := d.app.OneRun(c.Context(), c.who, id); err != nil {
		return err
	}
	return d.streamLog(c, d.app.RunLog(c.Context(), c.who, id, c.logQuery()))
}

func (d *dashboard) stopRun(c *call) error {
	run, err := d.app.StopRun(c.Context(), c.who, runID(c))
	if app.CodeOf(err) == app.CodeConflict {
		return d.done(c, runPath(runID(c)), sentence(err.Error()))
	}
	if err != nil {
		return err
	}
	if c.Header.Get("Accept") == "application/json" {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return d.done(c, runPath(run.ID), "It is being stopped.")
}
