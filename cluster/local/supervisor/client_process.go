package supervisor

import (
	"context"
	"syscall"

	"gondor/app"
)

// Start starts a process. Starting an ID that there is changes nothing, whether it runs
// or has ended, and whatever the rest of the spec says; CodeConflict while it is being
// removed, CodeInvalid when the spec can't be right. It returns when the process is
// written down and was started: a program that can't be is a process that exited with
// code 127 (not found) or 126, and is started again when it says Restart.
func (c *Client) Start(ctx context.Context, s Spec) error {
	if err := s.Check(); err != nil {
		return err
	}
	_, err := c.ask(ctx, request{Op: opStart, Spec: &s})
	return err
}

// Stop ends a process for good: SIGTERM to its group, after the StopTimeout SIGKILL. A
// terminal is hung up too. It returns when that is under way; no error when the process
// has ended, CodeNotFound when there is none.
func (c *Client) Stop(ctx context.Context, id string) error {
	_, err := c.ask(ctx, request{Op: opStop, ID: id})
	return err
}

// Remove forgets a process; one that has not ended is stopped first, as Stop does, and
// forgotten when it has. It returns when that is under way. No error when there is none.
func (c *Client) Remove(ctx context.Context, id string) error {
	_, err := c.ask(ctx, request{Op: opRemove, ID: id})
	return err
}

// Signal sends a signal to the group of a process. CodeNotFound when there is none,
// CodeConflict when it does not run.
func (c *Client) Signal(ctx context.Context, id string, signal syscall.Signal) error {
	_, err := c.ask(ctx, request{Op: opSignal, ID: id, Signal: int(signal)})
	return err
}

// Resize changes the size of a process's terminal. CodeNotFound when there is none,
// CodeConflict when it does not run or has no terminal.
func (c *Client) Resize(ctx context.Context, id string, size app.Window) error {
	_, err := c.ask(ctx, request{Op: opResize, ID: id, Window: size})
	return err
}

// Wait returns how the process ended, waiting until it has for good. What it wrote is in
// its log by then, unless somebody who is attached reads it too slowly. CodeNotFound when there is none, or it was removed.
func (c *Client) Wait(ctx context.Context, id string) (app.Exit, error) {
	p, err := c.ask(ctx, request{Op: opWait, ID: id})
	if err != nil {
		return app.Exit{}, err
	}
	if p.Exit == nil {
		return app.Exit{}, errFrame
	}
	return *p.Exit, nil
}

// List returns all processes, by their ID.
func (c *Client) List(ctx context.Context) ([]Status, error) {
	var all []Status
	err := c.each(ctx, request{Op: opList}, func(p reply) { all = append(all, p.Statuses...) })
	return all, err
}

// Watch calls fn for every process there is, then once with synced and no status, then
// for every change of state, one call at a time, until ctx ends. Changes of a process
// that follow each other faster than fn returns are told as one, the last. A removed
// process is told once with StateRemoved. It returns ctx's error, or one of
// CodeUnavailable when the supervisor has gone.
func (c *Client) Watch(ctx context.Context, fn func(s Status, synced bool)) error {
	return c.each(ctx, request{Op: opWatch}, func(p reply) {
		for _, s := range p.Statuses {
			fn(s, false)
		}
		if p.Synced {
			fn(Status{}, true)
		}
	})
}

// each calls fn for every reply until the last.
func (c *Client) each(ctx context.Context, q request, fn func(reply)) error {
	k, err := c.open(ctx, q)
	if err != nil {
		return err
	}
	defer k.end()
	for {
		p, err := k.next()
		if err != nil {
			return err
		}
		fn(p)
		if p.Done {
			return nil
		}
	}
}
