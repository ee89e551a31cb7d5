package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// runLoop goes on with detached runs that are in line.
func (a *App) runLoop(ctx context.Context) error {
	for {
		id, err := a.detached.take(ctx)
		if err != nil {
			return err
		}
		if err := a.carryOnRun(ctx, id); err != nil && ctx.Err() == nil {
			a.log.Error("go on with a run", "run", id, "error", err)
			a.detached.addAfter(id, retryAfter)
		}
		a.detached.done(id)
	}
}

// carryOnRun starts the process of a detached run, or finds it, and waits beside for its end.
func (a *App) carryOnRun(ctx context.Context, id ID[Run]) error {
	if !a.runs.enter(id) {
		return nil
	}
	run, started, err := a.startDetached(ctx, id)
	if started {
		go a.awaitDetached(ctx, run)
		return nil
	}
	a.runs.leave(id)
	if err != nil && !passes(err) {
		return a.endDetached(ctx, run, Exit{Code: 1, Message: err.Error(), Ended: a.now()})
	}
	return err
}

// startDetached starts the process of a run that is not over.
func (a *App) startDetached(ctx context.Context, id ID[Run]) (run Run, started bool, err error) {
	err = a.read(ctx, func(r Reader) error {
		run, err = r.Runs().Get(id)
		return err
	})
	if IsNotFound(err) || err == nil && (!run.Detached || run.State != RunRunning) {
		return run, false, nil
	}
	if err != nil {
		return run, false, err
	}
	process, err := a.runProcess(ctx, run)
	if err == nil {
		err = a.Processes.Start(ctx, process)
	}
	return run, err == nil, err
}

func (a *App) awaitDetached(ctx context.Context, run Run) {
	exit, err := a.Processes.Wait(ctx, run.process())
	if err == nil {
		err = a.endDetached(ctx, run, exit)
	}
	a.runs.leave(run.ID)
	if err != nil && ctx.Err() == nil {
		a.log.Error("end a run", "run", run.ID, "error", err)
		a.detached.addAfter(run.ID, retryAfter)
	}
}

func (a *App) endDetached(ctx context.Context, run Run, exit Exit) error {
	message := exit.Message
	if exit.Code == 0 {
		message = ""
	}
	if err := a.storeEnd(ctx, run.ID, exit, message); err != nil {
		return err
	}
	text := "Ended well."
	if message != "" {
		text = "Ended: " + strings.TrimSuffix(message, ".") + "."
	}
	err := a.Logs.Append(ctx, runLog(run), text)
	return errors.Join(err, a.Logs.Close(ctx, runLog(run)), a.Processes.Forget(ctx, run.process()))
}

// resumeRuns goes on with the detached runs that a stop of Gondor left, and ends the others:
// who was joined to them has gone with it.
func (a *App) resumeRuns(ctx context.Context) error {
	var detached, others []Run
	err := a.read(ctx, func(r Reader) error {
		for _, state := range []RunState{RunWaiting, RunRunning} {
			for run, err := range r.Runs().By(RunByState, string(state)) {
				switch {
				case err != nil:
					return err
				case run.Detached:
					detached = append(detached, run)
				default:
					others = append(others, run)
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the runs that go on: %w", err)
	}
	for _, run := range others {
		err = errors.Join(err, a.storeEnd(ctx, run.ID, Exit{}, "Ended: Gondor was stopped meanwhile."))
	}
	for _, run := range detached {
		a.detached.add(run.ID)
	}
	return err
}

// expireRuns ends the runs that nobody has joined.
func (a *App) expireRuns(ctx context.Context) error {
	return a.update(ctx, func(tx Tx) error {
		late, err := gather(tx.Runs().By(RunByState, string(RunWaiting)), func(r Run) bool { return a.now().Sub(r.Created) > joinTime })
		for _, run := range late {
			run.State, run.Ended, run.Message = RunExpired, a.now(), "Nobody joined it in time."
			err = errors.Join(err, tx.Runs().Put(run))
		}
		return err
	})
}

// isRunOver reports whether the run of a process is over, or known no more.
func (a *App) isRunOver(ctx context.Context, process ProcessID) (over bool, err error) {
	err = a.read(ctx, func(r Reader) error {
		run, err := r.Runs().Get(ID[Run](strings.TrimPrefix(string(process), runPrefix)))
		over = IsNotFound(err) || err == nil && run.State.Over()
		if IsNotFound(err) {
			return nil
		}
		return err
	})
	return over, err
}
