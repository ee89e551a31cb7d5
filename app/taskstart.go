package app

import "context"

// beginRun settles which release a run runs in. The change of the record brings it back
// here, to be started.
func (a *App) beginRun(ctx context.Context, id ID[TaskRun]) error {
	return a.update(ctx, func(tx Tx) error {
		run, err := tx.TaskRuns().Get(id)
		if err != nil || run.State != TaskRunDue {
			return err
		}
		release, err := servingRelease(tx.Reader(), run.Instance)
		switch {
		case run.Stopped:
			run = run.end(TaskRunCancelled, run.Message, a.now())
		case IsNotFound(err):
			run = run.end(TaskRunSkipped, "Skipped: nothing is deployed.", a.now())
		case err != nil:
			return err
		default:
			run.State, run.Release = TaskRunRunning, release.ID
			if run.Started.IsZero() {
				run.Started = a.now()
			}
		}
		return tx.TaskRuns().Put(run)
	})
}

// servingRelease is the newest release that services of an instance run. CodeNotFound when
// they run none.
func servingRelease(r Reader, instance ID[Instance]) (newest Release, err error) {
	for release, err := range r.Releases().By(ReleaseServing, string(instance)) {
		if err != nil {
			return newest, err
		}
		if release.Number > newest.Number {
			newest = release
		}
	}
	if newest.ID == "" {
		return newest, NotFound("release")
	}
	return newest, nil
}

// startRun starts the process of a run, unless it is over: the caller may have read the run
// before it ended, and what is forgotten would run again.
func (a *App) startRun(ctx context.Context, run TaskRun) (started bool, err error) {
	over, err := a.runIsOver(ctx, taskProcess(run))
	if err != nil || over {
		return false, err
	}
	process, err := a.processOf(ctx, run)
	if err == nil {
		err = a.Processes.Start(ctx, process)
	}
	return err == nil, err
}

func (a *App) processOf(ctx context.Context, run TaskRun) (Process, error) {
	process := Process{ID: taskProcess(run), LogName: taskRunLog(run)}
	err := a.read(ctx, func(r Reader) error {
		task, err := r.Tasks().Get(run.Task)
		if err != nil {
			return err
		}
		if process.Program, err = a.programIn(r, run.Instance, run.Release, ""); err != nil {
			return err
		}
		process.Program.Command, process.Timeout = task.Command, task.TimeLimit
		process.Program.Size = a.config.Sizes[0]
		if task.Size != "" {
			process.Program.Size, err = a.config.Sizes.Find(task.Size)
		}
		return err
	})
	return process, err
}
