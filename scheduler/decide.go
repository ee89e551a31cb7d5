package scheduler

import (
	"time"

	"gondor/app"
)

// punctual is how late a run may begin and still be on time.
const punctual = 2 * time.Minute

// decide says what becomes of all times at which a task was due since it was last decided
// on; false when there are none. Of several, only the last can run: who was away for a day
// does not want a day's runs at once.
func decide(task app.ScheduledTask, now time.Time) (app.Firing, bool) {
	schedule, err := app.ParseSchedule(task.Schedule, task.Zone)
	if err != nil || task.Paused {
		return app.Firing{}, false
	}
	f := app.Firing{Task: task.ID, Decided: task.Decided}
	for t := schedule.Next(task.Decided); !t.IsZero() && !t.After(now); t = schedule.Next(t) {
		if !f.Until.IsZero() {
			f.Missed, f.MissedUntil = f.Missed+1, f.Until
		}
		f.Until = t
	}
	f.Late = now.Sub(f.Until) > punctual
	f.Run = !f.Late || task.CatchUp
	if !f.Run {
		f.Missed, f.MissedUntil = f.Missed+1, f.Until
	}
	return f, !f.Until.IsZero()
}
