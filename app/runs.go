package app

import (
	"context"
	"iter"
	"slices"
	"time"
)

// NewRun asks for a one-off process in what a service runs now.
type NewRun struct {
	Service   ID[Service]
	Command   string        // for sh
	Size      string        // empty: that of the service
	TimeLimit time.Duration // 0: none
	Detached  bool
}

// RunProcess prepares a one-off process in the service's present release, with its
// environment, and returns the endpoint at which it starts when somebody joins; a detached
// one begins by itself, and has none. CodeConflict when nothing has been deployed to the
// service.
func (a *App) RunProcess(ctx context.Context, who Actor, in NewRun) (run Run, endpoint string, err error) {
	err = a.update(ctx, func(tx Tx) (err error) {
		if run, err = a.newRun(tx.Reader(), who, in); err != nil {
			return err
		}
		if run.Detached {
			return orElse(tx.Runs().Put(run), a.happened(tx, run.event()))
		}
		return tx.Runs().Put(run)
	})
	if err != nil {
		return Run{}, "", err
	}
	a.log.Info("run", "user", who.Name, "instance", run.Instance, "run", run.ID)
	if run.Detached {
		a.detached.add(run.ID)
		return run, "", nil
	}
	return run, a.Endpoints.Publish(runSession{a, run}), nil
}

func (a *App) newRun(r Reader, who Actor, in NewRun) (Run, error) {
	service, instance, _, err := serviceFor(r, who, ActionRun, in.Service)
	if err != nil {
		return Run{}, err
	}
	if err := checkCommand(in.Command, "python manage.py shell"); err != nil {
		return Run{}, err
	}
	switch {
	case in.TimeLimit < 0 || in.TimeLimit > MaxTimeLimit:
		return Run{}, Invalid("time_limit", "%v is out of range; give up to 7 days, or 0 for none", in.TimeLimit)
	case service.Release == "":
		return Run{}, Conflict("", "nothing has been deployed to %s yet, so there is nothing to run in; deploy first", service.Name)
	}
	if in.Size == "" {
		in.Size = service.Size
	}
	if _, err := a.config.Sizes.Find(in.Size); err != nil {
		return Run{}, err
	}
	run := Run{
		ID: NewID[Run](a.now()), Instance: instance.ID, Service: service.Name, Release: service.Release, User: who.User,
		Command: in.Command, Size: in.Size, TimeLimit: in.TimeLimit, Detached: in.Detached, State: RunWaiting, Created: a.now(),
	}
	if in.Detached {
		run.State, run.Started = RunRunning, run.Created
	}
	return run, nil
}

// Runs lists the newest runs of an instance, newest first, at most limit; 0 is all that are
// kept. Commands may hold secrets, so that only who may run something sees them.
func (a *App) Runs(ctx context.Context, who Actor, instance ID[Instance], limit int) ([]Run, error) {
	var runs []Run
	err := a.read(ctx, func(r Reader) (err error) {
		if _, _, err := instanceFor(r, who, ActionRun, instance); err != nil {
			return err
		}
		runs, err = gather(r.Runs().By(RunByInstance, string(instance)), every[Run])
		return err
	})
	slices.Reverse(runs) // their IDs are in the order in which they were made
	if limit > 0 {
		runs = runs[:min(limit, len(runs))]
	}
	return runs, err
}

// OneRun returns one run.
func (a *App) OneRun(ctx context.Context, who Actor, id ID[Run]) (Run, error) {
	var run Run
	err := a.read(ctx, func(r Reader) (err error) {
		run, err = runFor(r, who, id)
		return err
	})
	return run, err
}

// StopRun asks for the end of a run. CodeConflict when it is over.
func (a *App) StopRun(ctx context.Context, who Actor, id ID[Run]) (Run, error) {
	var run Run
	err := a.update(ctx, func(tx Tx) (err error) {
		if run, err = runFor(tx.Reader(), who, id); err != nil {
			return err
		}
		if run.State != RunRunning {
			return Conflict("", "this run can't be stopped: it is %s", run.State)
		}
		run.Stopped, run.Message = true, "Stopped by "+who.Name+"."
		return tx.Runs().Put(run)
	})
	if err != nil {
		return Run{}, err
	}
	return run, a.Processes.Stop(ctx, run.process())
}

// RunLog yields the lines of a detached run's log. Following ends with the run.
func (a *App) RunLog(ctx context.Context, who Actor, id ID[Run], q LogQuery) iter.Seq2[LogLine, error] {
	run, err := a.OneRun(ctx, who, id)
	return a.linesUntil(ctx, runLog(run), q, run.State.Over(), run.Ended, err)
}

func runFor(r Reader, who Actor, id ID[Run]) (Run, error) {
	if err := signedIn(who); err != nil {
		return Run{}, err
	}
	run, err := r.Runs().Get(id)
	if err != nil {
		return Run{}, err
	}
	_, _, err = instanceOf(r, who, ActionRun, run.Instance, "run")
	return run, err
}
