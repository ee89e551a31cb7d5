package app

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// phaseTimeout bounds the release process.
const phaseTimeout = 30 * time.Minute

// phaseID is the process of a release's release phase. There is one per release, for
// ever, so that it is found again after a kill and never run twice.
func phaseID(id ID[Release]) ProcessID { return ProcessID(phasePrefix + string(id)) }

const phasePrefix = "release-"

// prepare starts the release process, or finds it, and waits beside for its end.
func (a *App) prepare(ctx context.Context, p picture) error {
	release := *p.moving
	if !a.phases.enter(release.ID) {
		return nil
	}
	started, err := a.startPhase(ctx, p, release)
	if err != nil || !started {
		a.phases.leave(release.ID)
		return err
	}
	go a.awaitPhase(ctx, p, release)
	return nil
}

// startPhase starts the release process, unless it is over: the picture may be older than
// the end of the one who waited before, and what is forgotten would run again.
func (a *App) startPhase(ctx context.Context, p picture, release Release) (started bool, err error) {
	over, err := a.phaseIsOver(ctx, release.ID)
	if err != nil || over {
		return false, err
	}
	process, err := a.phase(p, release)
	if err == nil {
		err = a.Processes.Start(ctx, process)
	}
	if err != nil {
		return false, fmt.Errorf("start the release process of v%d: %w", release.Number, err)
	}
	return true, nil
}

// awaitPhase moves the release on when its process has ended. Should that fail, the
// next look at the instance waits anew: the process keeps its exit until then.
func (a *App) awaitPhase(ctx context.Context, p picture, release Release) {
	err := a.endPhase(ctx, p, release)
	a.phases.leave(release.ID)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.log.Error("end the release process", "release", release.ID, "error", err)
		a.instances.addAfter(release.Instance, retryAfter)
		return
	}
	a.instances.add(release.Instance)
}

func (a *App) endPhase(ctx context.Context, p picture, release Release) error {
	exit, err := a.Processes.Wait(ctx, phaseID(release.ID))
	if err != nil {
		return err
	}
	if err := a.finishPhase(ctx, p, release, exit); err != nil {
		return err
	}
	return a.Processes.Forget(ctx, phaseID(release.ID))
}

func (a *App) phase(p picture, release Release) (Process, error) {
	build := p.builds[release.Build]
	program, err := a.program(p.instance, release, build, "")
	if err != nil {
		return Process{}, err
	}
	program = build.Plan.fill(program, Service{Name: ReleaseProcess})
	program.Size = a.config.Sizes[len(a.config.Sizes)-1] // it is short, and others wait for it
	return Process{ID: phaseID(release.ID), Program: program, Timeout: phaseTimeout, LogName: ReleaseLog(release)}, err
}

func (a *App) finishPhase(ctx context.Context, p picture, release Release, exit Exit) error {
	if exit.Code == 0 {
		_, err := a.step(ctx, release, func(_ Tx, release *Release) error {
			release.State, release.Started = ReleaseStarting, a.now()
			return nil
		})
		return err
	}
	cause := fmt.Sprintf("The release process (%s) failed: %s.", p.builds[release.Build].Plan.Processes[ReleaseProcess], exit.Message)
	parts := []string{cause}
	if lines := a.lastLines(ctx, ReleaseLog(release), 10); len(lines) > 0 {
		parts = append(parts, "Its last output:\n"+indent(lines))
	}
	parts = append(parts, p.aftermath(p.members(release)))
	return a.conclude(ctx, release, ReleaseFailed, strings.Join(parts, "\n"))
}

// phaseIsOver reports whether a release has moved on from its process, or is no more.
func (a *App) phaseIsOver(ctx context.Context, id ID[Release]) (bool, error) {
	over := false
	err := a.read(ctx, func(r Reader) error {
		release, err := r.Releases().Get(id)
		over = IsNotFound(err) || err == nil && release.State != ReleasePreparing
		if IsNotFound(err) {
			return nil
		}
		return err
	})
	return over, err
}

// lastLines reads what processes last wrote to a log; none when it can't be read, for
// it only serves to explain.
func (a *App) lastLines(ctx context.Context, log LogName, n int) []string {
	var lines []string
	for line, err := range a.Logs.Lines(ctx, LogQuery{Log: log, Last: n}) {
		if err != nil {
			a.log.Warn("read the last lines", "log", log, "error", err)
			return lines
		}
		if line.Stream != Gondor {
			lines = append(lines, line.Text)
		}
	}
	return lines
}
