// Package scheduler fires scheduled tasks at their minute. It looks at all of them once a
// minute, decides what has become due since each was last decided on, and has the domain
// make that true in one change. Which runs there are is therefore never in doubt, whatever
// is killed when.
package scheduler

import (
	"context"
	"log/slog"
	"time"

	"gondor/app"
)

// Tasks is what the scheduler needs of the domain.
type Tasks interface {
	ScheduledTasks(ctx context.Context) ([]app.ScheduledTask, error)
	Fire(ctx context.Context, f app.Firing) error
}

// Options are what a scheduler is made of.
type Options struct {
	Tasks Tasks
	Now   func() time.Time // nil: the system's clock
	Log   *slog.Logger
}

// Scheduler fires tasks while Run runs. There is one in an installation.
type Scheduler struct{ Options }

// New returns a scheduler that has fired nothing yet.
func New(o Options) *Scheduler {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Scheduler{o}
}

// longestSleep bounds how late a minute is noticed that came while the machine slept, or by
// a change of its clock.
const longestSleep = 10 * time.Second

// Run looks at the tasks at the beginning of each minute until ctx ends. What can't be
// stored is tried again in the next: nothing is over before it is decided on.
func (s *Scheduler) Run(ctx context.Context) error {
	var seen time.Time
	for {
		now := s.Now()
		if minute := now.Truncate(time.Minute); !minute.Equal(seen) {
			if err := s.Look(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("fire scheduled tasks", "error", err)
			}
			seen = minute
		}
		left := now.Truncate(time.Minute).Add(time.Minute).Sub(now)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(left, longestSleep)):
		}
	}
}

// Look decides on all that is due now. A task that can't be fired holds up no other.
func (s *Scheduler) Look(ctx context.Context) error {
	tasks, err := s.Tasks.ScheduledTasks(ctx)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		firing, due := decide(task, s.Now())
		if !due {
			continue
		}
		if err := s.Tasks.Fire(ctx, firing); err != nil {
			s.Log.Error("fire a scheduled task", "task", task.Name, "instance", task.Instance, "error", err)
		}
	}
	return ctx.Err()
}
