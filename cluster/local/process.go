package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// Start implements app.Processes.
func (e *Engine) Start(ctx context.Context, p app.Process) error {
	if _, err := e.status(ctx, string(p.ID)); !app.IsNotFound(err) {
		return err // it is known, or that can't be said
	}
	group := ownGroup(p.ID)
	spec, err := e.spec(p.Program, group, nil)
	if err != nil {
		return err
	}
	if p.TTY && p.Program.Env["TERM"] == "" {
		spec.Env = append(spec.Env, "TERM=xterm-256color")
	}
	spec.ID, spec.Log, spec.Labels[labelKind] = string(p.ID), p.LogName, kindProcess
	spec.TTY, spec.Width, spec.Height = p.TTY, p.Window.Width, p.Window.Height
	spec.Stdin, spec.Hold, spec.Ephemeral = p.Stdin, p.Hold, p.Ephemeral
	if p.Ephemeral {
		spec.Labels[labelKind] = kindRun
	}
	spec.Timeout, spec.StopTimeout = p.Timeout, cmp.Or(p.StopTimeout, app.DefaultStopTimeout)
	if err := e.supervisor.Start(ctx, spec); err != nil {
		return errors.Join(fmt.Errorf("start a process: %w", err), e.cgroups.remove(group))
	}
	return nil
}

// ownGroup names a cgroup that no process before it had: that of one which had the same ID
// and was forgotten may be on its way out still.
func ownGroup(id app.ProcessID) string { return sites.group(string(id) + "." + rand.Text()[:8]) }

// Attach implements app.Processes.
func (e *Engine) Attach(ctx context.Context, id app.ProcessID, s app.Streams) error {
	return e.supervisor.Attach(ctx, string(id), s)
}

// Wait implements app.Processes.
func (e *Engine) Wait(ctx context.Context, id app.ProcessID) (app.Exit, error) {
	return e.supervisor.Wait(ctx, string(id))
}

// Stop implements app.Processes.
func (e *Engine) Stop(ctx context.Context, id app.ProcessID) error {
	err := e.supervisor.Stop(ctx, string(id))
	if app.IsNotFound(err) {
		return nil
	}
	return err
}

// Forget implements app.Processes.
func (e *Engine) Forget(ctx context.Context, id app.ProcessID) error {
	return e.supervisor.Remove(ctx, string(id))
}

// Kept implements app.Processes.
func (e *Engine) Kept(ctx context.Context) ([]app.ProcessID, error) {
	statuses, err := e.supervisor.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var ids []app.ProcessID
	for _, s := range statuses {
		if kind := s.Labels[labelKind]; kind == kindProcess || kind == kindRun {
			ids = append(ids, app.ProcessID(s.ID))
		}
	}
	return ids, nil
}

// bury removes the cgroup of a process that has ended for good.
func (e *Engine) bury(s supervisor.Status) {
	ended := s.State == supervisor.StateExited || s.State == supervisor.StateRemoved
	if group := s.Labels[labelGroup]; ended && group != "" && s.Labels[labelKind] != kindReplica {
		if err := e.cgroups.remove(group); err != nil {
			e.options.Logger.Error("can't remove a cgroup", "process", s.ID, "error", err)
		}
	}
}
