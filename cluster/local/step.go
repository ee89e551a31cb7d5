package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/command"
	"gondor/cluster/local/supervisor"
	"gondor/cluster/tree"
)

const (
	kindStep = "step"
	// stepGrace is between SIGTERM and SIGKILL for a step.
	stepGrace = 5 * time.Second
)

// stepID names a step for ever, so that one that has ended is not run again.
func (b *construction) stepID(n int) string { return fmt.Sprintf("build-%s-%d", b.order.Build, n) }

// step runs one step to its end, or takes over what an earlier build made by it. A step that
// an earlier Gondor began is joined.
func (b *construction) step(ctx context.Context, n int, step app.Step) error {
	e, id := b.engine, b.stepID(n)
	before, err := e.status(ctx, id)
	if app.IsNotFound(err) {
		if taken, err := b.isTaken(ctx, n, step); taken || err != nil {
			return err
		}
		err = b.begin(ctx, id, step)
	}
	if err != nil {
		return err
	}
	if before.State == supervisor.StateExited {
		return b.verdict(ctx, id, step, before.Exit)
	}
	exit, err := b.follow(ctx, id)
	if err != nil {
		return err
	}
	return b.verdict(ctx, id, step, exit)
}

// begin tells the log of a step and starts it.
func (b *construction) begin(ctx context.Context, id string, step app.Step) error {
	e := b.engine
	group := builds.group(id)
	limits := e.options.Limits
	cgroups, err := e.cgroups.make(group, share{CPU: 1, Memory: limits.Memory, PIDs: limits.PIDs})
	if err != nil {
		return err
	}
	if err := e.supervisor.Append(ctx, b.order.LogName, "-----> "+step.Name); err != nil {
		return fmt.Errorf("write to the build's log: %w", err)
	}
	spec := supervisor.Spec{
		ID: id, Argv: command.Shell(step.Command), Dir: b.app(), Env: b.environment(step).List(),
		UID: b.who.UID, GID: b.who.GID, Groups: b.who.Groups, Cgroups: cgroups, MemoryLimit: limits.Memory,
		Nice: 10, SpareCPU: true, StopTimeout: stepGrace, Log: b.order.LogName,
		// Also while Gondor is down; otherwise limit is faster and says why.
		Timeout: max(time.Until(b.started.Add(limits.Time)), 0) + stepGrace,
		Labels:  map[string]string{labelKind: kindStep, labelGroup: group},
	}
	if len(b.hidden) > 0 { // what it writes goes through this process, which hides them
		spec.Log, spec.Hold = "", true
	}
	if err := e.supervisor.Start(ctx, spec); err != nil {
		return fmt.Errorf("start the step %q: %w", step.Name, err)
	}
	return nil
}

// environment is what a step gets.
func (b *construction) environment(step app.Step) command.Environment {
	return command.Environment{
		"PATH": b.engine.runtimes.Path(), "HOME": homeIn(b.cache()), "TMPDIR": b.tmp(),
		"LANG": "C.UTF-8", "GONDOR": b.engine.options.Executable,
	}.Over(b.passed).Plan(step.Env, "${APP}", b.app(), "${CACHE}", b.cache()).Over(b.order.Variables)
}

// follow waits for the end of a step, and stops it when ctx ends first.
func (b *construction) follow(ctx context.Context, id string) (app.Exit, error) {
	var beside sync.WaitGroup
	defer beside.Wait()
	followed, ended := context.WithCancel(ctx)
	defer ended()
	beside.Go(func() { b.yield(followed, builds.group(id)) })
	if len(b.hidden) > 0 {
		beside.Go(func() { b.copyOutput(ctx, id) })
	}
	exit, err := b.engine.supervisor.Wait(ctx, id)
	if ctx.Err() != nil {
		return exit, errors.Join(ctx.Err(), b.stop(context.WithoutCancel(ctx), id))
	}
	if err != nil {
		return exit, fmt.Errorf("wait for a step: %w", err)
	}
	return exit, nil
}

// copyOutput copies what a step writes into the log, with its variables hidden.
func (b *construction) copyOutput(ctx context.Context, id string) {
	out := &masked{write: func(line string) error {
		return b.engine.supervisor.Append(ctx, b.order.LogName, b.hidden.Hide(line))
	}}
	err := b.engine.supervisor.Attach(ctx, id, app.Streams{Stdout: out, Stderr: out})
	if err = errors.Join(err, out.flush()); err != nil && ctx.Err() == nil {
		b.engine.options.Logger.Error("the output of a step is lost", "step", id, "error", err)
	}
}

// masked cuts output into lines. It is not safe for concurrent use: Attach writes from
// one goroutine.
type masked struct {
	write func(line string) error
	rest  []byte
}

// longestLine is where a line without an end is cut.
const longestLine = 64 << 10

// Write implements io.Writer.
func (m *masked) Write(p []byte) (int, error) {
	m.rest = append(m.rest, p...)
	for {
		end := bytes.IndexByte(m.rest, '\n')
		if end < 0 && len(m.rest) < longestLine {
			return len(p), nil
		}
		if end < 0 {
			return len(p), m.flush()
		}
		line := string(m.rest[:end])
		m.rest = m.rest[end+1:]
		if err := m.write(strings.TrimSuffix(line, "\r")); err != nil {
			return 0, err
		}
	}
}

func (m *masked) flush() error {
	if len(m.rest) == 0 {
		return nil
	}
	line := string(m.rest)
	m.rest = nil
	return m.write(line)
}

// verdict turns the end of a step into an error of CodeFailed, unless it went well.
func (b *construction) verdict(ctx context.Context, id string, step app.Step, exit app.Exit) error {
	if exit.Code == 0 {
		return nil
	}
	text := fmt.Sprintf("the step %q failed: %s", step.Name, exit.Message)
	if s, err := b.engine.status(ctx, id); err == nil && len(s.Tail) > 0 {
		text += "\n" + b.hidden.Hide(strings.Join(s.Tail, "\n"))
	}
	return app.Fault(app.CodeFailed, "%s", text)
}

// status returns how a process is; CodeNotFound when there is none.
func (e *Engine) status(ctx context.Context, id string) (supervisor.Status, error) {
	statuses, err := e.supervisor.List(ctx)
	if err != nil {
		return supervisor.Status{}, fmt.Errorf("list the processes: %w", err)
	}
	for _, s := range statuses {
		if s.ID == id {
			return s, nil
		}
	}
	return supervisor.Status{}, app.NotFound("process")
}

// stop stops a process and waits for its end.
func (b *construction) stop(ctx context.Context, id string) error {
	if err := b.engine.supervisor.Stop(ctx, id); err != nil {
		return ignoreNotFound(err)
	}
	_, err := b.engine.supervisor.Wait(ctx, id)
	return ignoreNotFound(err)
}

func ignoreNotFound(err error) error {
	if app.IsNotFound(err) {
		return nil
	}
	return err
}

// forget stops the steps and removes what is kept of them, and the build's TMPDIR.
func (b *construction) forget(ctx context.Context) error {
	var errs []error
	for n := range b.order.Plan.Steps {
		id := b.stepID(n)
		errs = append(errs, b.stop(ctx, id), b.engine.supervisor.Remove(ctx, id), b.engine.cgroups.remove(builds.group(id)))
	}
	return errors.Join(append(errs, tree.RemoveAll(b.tmp()))...)
}
