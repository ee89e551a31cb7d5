package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// keepRuns is how many of the newest runs of an instance are kept, with their logs.
const keepRuns = 100

// joinTime is how long a run waits for somebody to join it, and some more.
const joinTime = 2 * time.Minute

// runSession starts a process when somebody joins and ends it when they have gone.
type runSession struct {
	app *App
	run Run
}

// forgetTimeout bounds the clean-up behind a process whose caller has gone.
const forgetTimeout = time.Minute

// Join implements Session.
func (s runSession) Join(ctx context.Context, streams Streams) (exit Exit, err error) {
	process, err := s.app.runProcess(ctx, s.run)
	if err != nil {
		return Exit{}, err
	}
	process.TTY, process.Window, process.Stdin = streams.TTY, streams.Window, streams.Stdin != nil
	process.Hold, process.Ephemeral, process.LogName = true, true, ""
	if err := s.app.joined(ctx, s.run.ID); err != nil {
		return Exit{}, err
	}
	if err := s.app.Processes.Start(ctx, process); err != nil {
		return Exit{}, errors.Join(err, s.app.storeEnd(context.WithoutCancel(ctx), s.run.ID, Exit{}, err.Error()))
	}
	defer func() { err = errors.Join(err, s.finish(ctx)) }()
	if err := s.app.Processes.Attach(ctx, process.ID, streams); err != nil {
		return Exit{}, err
	}
	return s.app.Processes.Wait(ctx, process.ID)
}

// joined notes that somebody has come, unless the instance was deleted meanwhile.
func (a *App) joined(ctx context.Context, id ID[Run]) error {
	return a.update(ctx, func(tx Tx) error {
		run, err := tx.Runs().Get(id)
		if err != nil {
			return err
		}
		if _, err := aliveInstance(tx.Reader(), run.Instance); err != nil {
			return err
		}
		run.State, run.Started = RunRunning, a.now()
		return orElse(tx.Runs().Put(run), a.happened(tx, run.event()))
	})
}

// finish leaves nothing of the process behind, whether it ended or its caller went, and
// stores how it ended.
func (s runSession) finish(ctx context.Context) error {
	left := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	if err := s.app.Processes.Stop(ctx, s.run.process()); err != nil {
		return err
	}
	exit, err := s.app.Processes.Wait(ctx, s.run.process())
	if err != nil {
		return err
	}
	message := ""
	switch {
	case left:
		message = "Ended: whoever was joined to it went."
	case exit.Code != 0:
		message = exit.Message
	}
	return errors.Join(s.app.storeEnd(ctx, s.run.ID, exit, message), s.app.Processes.Forget(ctx, s.run.process()))
}

// runProcess is the process of a run in the release that it was made for.
func (a *App) runProcess(ctx context.Context, run Run) (Process, error) {
	process := Process{ID: run.process(), Timeout: run.TimeLimit, LogName: runLog(run)}
	err := a.read(ctx, func(r Reader) (err error) {
		if process.Program, err = a.programIn(r, run.Instance, run.Release, run.Service); err != nil {
			return err
		}
		process.Program.Command = run.Command
		process.Program.Size, err = a.config.Sizes.Find(run.Size)
		return err
	})
	return process, err
}

// storeEnd stores how a run ended, once, and lets go of what is too old.
func (a *App) storeEnd(ctx context.Context, id ID[Run], exit Exit, message string) error {
	var old []Run
	err := a.update(ctx, func(tx Tx) error {
		run, err := tx.Runs().Get(id)
		if IsNotFound(err) || err == nil && run.State.Over() {
			return nil // its instance was deleted meanwhile
		}
		if err != nil {
			return err
		}
		if run.Stopped {
			message = run.Message
		}
		if err := tx.Runs().Put(run.end(exit, message, a.now())); err != nil {
			return err
		}
		old, err = prune(tx.Runs(), RunByInstance, string(run.Instance), keepRuns, func(r Run) bool { return r.State.Over() })
		return err
	})
	if err != nil {
		return fmt.Errorf("store the end of a run: %w", err)
	}
	var logs []LogName
	for _, run := range old {
		logs = append(logs, runLog(run))
	}
	return a.dropLogs(ctx, logs)
}
