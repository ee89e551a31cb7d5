package app

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// phaseTimeout bounds the release process.
const phaseTimeout = 30 * time.Minute

// phaseID is the process of a release's release phase. There is one per release, for
// ever, so that it is found again after a kill and never run twice.
func phaseID(id ID[Release]) ProcessID { return ProcessID("release-" + string(id)) }

// exits remembers how processes ended until the step that needs it is stored. It is
// safe for concurrent use.
type exits struct {
	mu      sync.Mutex
	waiting map[ProcessID]bool
	ended   map[ProcessID]Exit
}

func newExits() *exits {
	return &exits{waiting: map[ProcessID]bool{}, ended: map[ProcessID]Exit{}}
}

// get returns how the process ended, if that is known. Otherwise the caller may be
// asked to wait for it: one is at a time.
func (e *exits) get(id ProcessID) (exit Exit, ended, wait bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if exit, ended = e.ended[id]; ended {
		return exit, true, false
	}
	wait = !e.waiting[id]
	e.waiting[id] = true
	return Exit{}, false, wait
}

func (e *exits) put(id ProcessID, exit Exit) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended[id] = exit
}

func (e *exits) forget(id ProcessID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.ended, id)
	delete(e.waiting, id)
}

// prepare runs the release process and, when it has ended, moves on.
func (a *App) prepare(ctx context.Context, p picture) error {
	release := *p.moving
	exit, ended, wait := a.exits.get(phaseID(release.ID))
	if wait {
		return a.startPhase(ctx, p, release)
	}
	if !ended {
		return nil
	}
	if err := a.finishPhase(ctx, p, release, exit); err != nil {
		return err
	}
	a.exits.forget(phaseID(release.ID))
	return a.Processes.Forget(ctx, phaseID(release.ID))
}

// startPhase starts the release process, or finds it, and waits for it beside.
func (a *App) startPhase(ctx context.Context, p picture, release Release) error {
	id := phaseID(release.ID)
	process, err := a.phase(p, release)
	if err == nil {
		err = a.Processes.Start(ctx, process)
	}
	if err != nil {
		a.exits.forget(id)
		return fmt.Errorf("start the release process of v%d: %w", release.Number, err)
	}
	go func() {
		exit, err := a.Processes.Wait(ctx, id)
		if err != nil {
			a.exits.forget(id)
			a.instances.addAfter(release.Instance, retryAfter)
			return
		}
		a.exits.put(id, exit)
		a.instances.add(release.Instance)
	}()
	return nil
}

func (a *App) phase(p picture, release Release) (Process, error) {
	build := p.builds[release.Build]
	program, err := a.program(p.instance, release, build, "")
	if err != nil {
		return Process{}, err
	}
	program.Command = build.Plan.Processes[ReleaseProcess]
	program.Size, err = a.config.Sizes.Find(a.config.Sizes[len(a.config.Sizes)-1].Name)
	return Process{ID: phaseID(release.ID), Program: program, Timeout: phaseTimeout, LogName: ReleaseLog(release.ID)}, err
}

func (a *App) finishPhase(ctx context.Context, p picture, release Release, exit Exit) error {
	if exit.Code == 0 {
		_, err := a.step(ctx, release, func(_ Tx, release *Release) error {
			release.State, release.Started = ReleaseStarting, a.now()
			return nil
		})
		a.instances.add(release.Instance)
		return err
	}
	cause := fmt.Sprintf("The release process (%s) failed: %s.", p.builds[release.Build].Plan.Processes[ReleaseProcess], exit.Message)
	parts := []string{cause}
	if lines := a.lastLines(ctx, ReleaseLog(release.ID), 10); len(lines) > 0 {
		parts = append(parts, "Its last output:\n"+indent(lines))
	}
	for _, service := range p.members(release) {
		parts = append(parts, p.aftermath(service))
		break
	}
	return a.conclude(ctx, release, ReleaseFailed, strings.Join(parts, "\n"))
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
