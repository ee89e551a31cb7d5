package app

import (
	"context"
	"errors"
	"strings"
	"time"
)

// NewRun asks for a one-off process in what a service runs now.
type NewRun struct {
	Service ID[Service]
	Command string // for sh
	Size    string // empty: that of the service
}

// RunProcess prepares a one-off process in the service's present release, with its
// environment, and returns the endpoint at which it starts when somebody joins.
// CodeConflict when nothing has been deployed to the service.
func (a *App) RunProcess(ctx context.Context, who Actor, in NewRun) (endpoint string, err error) {
	process, err := a.oneOff(ctx, who, in)
	if err != nil {
		return "", err
	}
	a.log.Info("run", "user", who.Name, "instance", process.Program.Instance, "process", process.ID)
	return a.Endpoints.Publish(runSession{a, process}), nil
}

func (a *App) oneOff(ctx context.Context, who Actor, in NewRun) (Process, error) {
	var process Process
	err := a.read(ctx, func(r Reader) error {
		service, instance, _, err := serviceFor(r, who, ActionRun, in.Service)
		if err != nil {
			return err
		}
		if strings.TrimSpace(in.Command) == "" {
			return Invalid("command", "is missing; give a command such as %q", "python manage.py shell")
		}
		if service.Release == "" {
			return Conflict("", "nothing has been deployed to %s yet, so there is nothing to run in; deploy first", service.Name)
		}
		release, err := r.Releases().Get(service.Release)
		if err != nil {
			return err
		}
		build, err := r.Builds().Get(release.Build)
		if err != nil {
			return err
		}
		process.Program, err = a.program(instance, release, build, service.Name)
		if err != nil {
			return err
		}
		if in.Size == "" {
			in.Size = service.Size
		}
		process.Program.Size, err = a.config.Sizes.Find(in.Size)
		return err
	})
	process.ID = ProcessID("run-" + string(NewID[Process](a.now())))
	process.Program.Command = in.Command
	return process, err
}

// runSession starts a process when somebody joins and ends it when they have gone.
type runSession struct {
	app     *App
	process Process
}

// forgetTimeout bounds the clean-up behind a process whose caller has gone.
const forgetTimeout = time.Minute

// Join implements Session.
func (s runSession) Join(ctx context.Context, streams Streams) (exit Exit, err error) {
	process := s.process
	process.TTY, process.Window, process.Stdin = streams.TTY, streams.Window, streams.Stdin != nil
	process.Hold, process.Ephemeral = true, true
	if err := s.app.stillThere(ctx, process.Program.Instance); err != nil {
		return Exit{}, err
	}
	if err := s.app.Processes.Start(ctx, process); err != nil {
		return Exit{}, err
	}
	defer func() { err = errors.Join(err, s.finish(context.WithoutCancel(ctx))) }()
	if err := s.app.Processes.Attach(ctx, process.ID, streams); err != nil {
		return Exit{}, err
	}
	return s.app.Processes.Wait(ctx, process.ID)
}

// stillThere checks that an instance was not deleted meanwhile.
func (a *App) stillThere(ctx context.Context, id ID[Instance]) error {
	return a.read(ctx, func(r Reader) error {
		instance, err := r.Instances().Get(id)
		if err == nil && !instance.Deleted.IsZero() {
			err = NotFound("instance")
		}
		return err
	})
}

// finish leaves nothing of the process behind, whether it ended or its caller went.
func (s runSession) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, forgetTimeout)
	defer cancel()
	if err := s.app.Processes.Stop(ctx, s.process.ID); err != nil {
		return err
	}
	if _, err := s.app.Processes.Wait(ctx, s.process.ID); err != nil {
		return err
	}
	return s.app.Processes.Forget(ctx, s.process.ID)
}
