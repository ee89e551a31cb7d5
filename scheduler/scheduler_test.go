package scheduler_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gondor/app"
	"gondor/scheduler"
)

func TestAKillAtAnyStepOfFiringNeitherLosesNorDoublesARun(t *testing.T) {
	killed := 0
	for step := 0; ; step++ {
		w := newWorld(t)
		task := w.task("minutely", app.TaskSettings{Schedule: "* * * * *", Zone: "UTC"})
		victim := w.begin(step)
		w.now = noon.Add(time.Minute)
		_ = victim.scheduler.Look(t.Context()) // it may die
		w.eventually("it has died or has nothing left to do", func() bool { return isDead(victim) || w.finished(task, 1) })
		died := isDead(victim)
		victim.end()

		heir := w.begin(never)
		w.now = w.now.Add(30 * time.Second)
		must(t, heir.scheduler.Look(t.Context()))
		w.eventually("the first run has ended", func() bool { return w.finished(task, 1) })
		w.now = noon.Add(2 * time.Minute)
		must(t, heir.scheduler.Look(t.Context()))
		w.eventually("the second run has ended", func() bool { return w.finished(task, 2) })
		heir.end()

		w.checkRuns(task, step)
		if !died {
			break
		}
		killed++
	}
	t.Logf("killed at %d steps", killed)
	if killed < 8 {
		t.Errorf("only %d steps were found to be killed at", killed)
	}
}

func isDead(p *plane) bool {
	select {
	case <-p.died:
		return true
	default:
		return false
	}
}

// finished reports whether a task has so many runs, all of which have ended and left nothing
// on the machine.
func (w *world) finished(task app.ScheduledTask, count int) bool {
	runs := w.runs(task)
	kept, _ := w.machine.Kept(w.Context())
	return len(runs) == count && len(kept) == 0 && !slices.ContainsFunc(runs, func(r app.TaskRun) bool { return !r.State.Ended() })
}

// checkRuns holds that the first two minutes have one run each, of one process that began
// once.
func (w *world) checkRuns(task app.ScheduledTask, step int) {
	w.Helper()
	runs := w.runs(task)
	for i, run := range runs {
		if run.State != app.TaskRunSucceeded || !run.Due.Equal(noon.Add(time.Duration(i+1)*time.Minute)) {
			w.Errorf("killed at step %d: run %d, due at %s, is %s (%s)", step, i, run.Due, run.State, run.Message)
		}
		if began := w.machine.begun[app.ProcessID(fmt.Sprintf("task-%s-1", run.ID))]; began != 1 {
			w.Errorf("killed at step %d: the process of run %d began %d times", step, i, began)
		}
	}
}

func TestAfterADowntimeThePolicyIsFollowedAndTheMissesAreTold(t *testing.T) {
	for _, c := range []struct {
		name    string
		catchUp bool
		want    []string
	}{
		{"without catching up all are missed", false, []string{"missed 15:00 3"}},
		{"catching up, the last runs late", true, []string{"missed 14:00 2", "succeeded 15:00 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			task := w.task("hourly", app.TaskSettings{Schedule: "0 * * * *", Zone: "UTC", CatchUp: c.catchUp})
			p := w.begin(never)
			w.now = noon.Add(3*time.Hour + 5*time.Minute)
			for range 3 { // what is decided is decided
				must(t, p.scheduler.Look(t.Context()))
			}
			var got []string
			for _, run := range w.settle(task) {
				got = append(got, fmt.Sprintf("%s %s %d", run.State, run.Due.UTC().Format("15:04"), run.Missed))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("its runs are %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsDueWhileTheRunBeforeGoesOn(t *testing.T) {
	for _, c := range []struct {
		policy app.OverlapPolicy
		states []app.TaskRunState // while the first goes on, or would
		began  int
	}{
		{app.OverlapSkip, []app.TaskRunState{app.TaskRunRunning, app.TaskRunSkipped, app.TaskRunSkipped}, 1},
		{app.OverlapQueue, []app.TaskRunState{app.TaskRunRunning, app.TaskRunDue, app.TaskRunDue}, 1},
		{app.OverlapReplace, []app.TaskRunState{app.TaskRunCancelled, app.TaskRunCancelled, app.TaskRunRunning}, 3},
	} {
		t.Run(string(c.policy), func(t *testing.T) {
			w := newWorld(t)
			w.machine.holds = true
			task := w.task("minutely", app.TaskSettings{Schedule: "* * * * *", Zone: "UTC", Overlap: c.policy})
			p := w.begin(never)
			for minute := range 3 {
				w.now = noon.Add(time.Duration(minute+1) * time.Minute)
				must(t, p.scheduler.Look(t.Context()))
				w.eventually("one runs", func() bool {
					return slices.ContainsFunc(w.runs(task), func(r app.TaskRun) bool { return r.State == app.TaskRunRunning && !r.Stopped })
				})
			}
			w.eventually("the states are right", func() bool {
				var states []app.TaskRunState
				for _, run := range w.runs(task) {
					states = append(states, run.State)
				}
				kept, _ := w.machine.Kept(t.Context())
				return slices.Equal(states, c.states) && len(kept) == 1
			})
			if len(w.machine.begun) != c.began {
				t.Errorf("%d processes began, want %d", len(w.machine.begun), c.began)
			}
		})
	}
}

func TestAPausedTaskIsNotDueAndMissesNothing(t *testing.T) {
	w := newWorld(t)
	task := w.task("minutely", app.TaskSettings{Schedule: "* * * * *", Zone: "UTC"})
	p := w.begin(never)
	paused := true
	_, err := p.app.UpdateTask(t.Context(), admin, task.ID, app.TaskUpdate{Paused: &paused})
	must(t, err)
	w.now = time.Now().Add(time.Hour)
	must(t, p.scheduler.Look(t.Context()))
	paused = false
	_, err = p.app.UpdateTask(t.Context(), admin, task.ID, app.TaskUpdate{Paused: &paused})
	must(t, err)
	w.now = time.Now()
	must(t, p.scheduler.Look(t.Context()))
	if runs := w.runs(task); len(runs) > 0 {
		t.Errorf("it has the runs %+v", runs)
	}
}

// diary notes what is fired, and makes it true.
type diary struct {
	*app.App
	fired map[app.ID[app.ScheduledTask]][]app.Firing
}

// Fire implements scheduler.Tasks.
func (d *diary) Fire(ctx context.Context, f app.Firing) error {
	d.fired[f.Task] = append(d.fired[f.Task], f)
	return d.App.Fire(ctx, f)
}

// TestAYearOfSchedules moves a clock through 2026 by half hours, and has the scheduler look
// at each.
func TestAYearOfSchedules(t *testing.T) {
	w := newWorld(t)
	start := time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC)
	want := map[app.ID[app.ScheduledTask]]yearly{}
	for i, c := range year() {
		task := w.task(fmt.Sprint("task-", i), app.TaskSettings{Schedule: c.schedule, Zone: c.zone})
		task.Decided = start
		must(t, w.store.Update(t.Context(), func(tx app.Tx) error { return tx.Tasks().Put(task) }))
		want[task.ID] = c
	}
	fired := &diary{w.plane(never).app, map[app.ID[app.ScheduledTask]][]app.Firing{}}
	s := scheduler.New(scheduler.Options{Tasks: fired, Now: func() time.Time { return w.now }})
	for w.now = start; !w.now.After(start.AddDate(1, 0, 0)); w.now = w.now.Add(30 * time.Minute) {
		must(t, s.Look(t.Context()))
	}
	for id, c := range want {
		c.check(t, fired.fired[id])
	}
}

// yearly is a schedule with how often it is due in a year, and when around changes of clocks.
type yearly struct {
	schedule, zone string
	count          int
	on             map[string]string // date on the wall: the time of its only run
}

func year() []yearly {
	return []yearly{
		{"30 2 * * *", "Europe/Vienna", 365, map[string]string{"2026-03-29": "03:00 CEST", "2026-10-25": "02:30 CEST", "2026-10-26": "02:30 CET"}},
		{"30 1 * * *", "America/New_York", 365, map[string]string{"2026-03-08": "01:30 EST", "2026-11-01": "01:30 EDT", "2026-11-02": "01:30 EST"}},
		{"0 2 * * *", "Australia/Sydney", 365, map[string]string{"2026-04-05": "02:00 AEDT", "2026-10-04": "03:00 AEDT"}},
		{"0 */6 * * *", "Europe/Vienna", 365 * 4, nil},
		{"30 12 1 * *", "America/New_York", 12, map[string]string{"2026-03-01": "12:30 EST", "2026-04-01": "12:30 EDT"}},
	}
}

func (c yearly) check(t *testing.T, fired []app.Firing) {
	t.Helper()
	if len(fired) != c.count {
		t.Errorf("%s in %s fired %d times, want %d", c.schedule, c.zone, len(fired), c.count)
	}
	on := map[string]string{}
	for _, f := range fired {
		if !f.Run || f.Missed > 0 || f.Late {
			t.Errorf("%s in %s: %+v", c.schedule, c.zone, f)
		}
		date := f.Until.Format(time.DateOnly)
		if _, asked := c.on[date]; asked {
			on[date] += f.Until.Format("15:04 MST")
		}
	}
	for date, want := range c.on {
		if on[date] != want {
			t.Errorf("%s in %s fired on %s at %q, want %q", c.schedule, c.zone, date, on[date], want)
		}
	}
}
