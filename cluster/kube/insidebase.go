package kube

import (
	"context"
	"errors"
	"time"

	"gondor/app"
)

// baseProcess is a process of Gondor's own in a base image: a builder or a probe.
type baseProcess struct {
	id      app.ProcessID
	site    app.ID[app.Site]
	image   string
	argv    []string
	size    app.Size // what it may use at most
	source  int64    // bytes of a writable /app; 0: none
	timeout time.Duration
}

const (
	probeTimeout = 10 * time.Minute // most of it for the node to fetch the image
	// cleanupTimeout bounds what is done behind a process whose caller may have gone.
	cleanupTimeout = time.Minute
	// baseStop is between SIGTERM and SIGKILL: there is nothing to be saved.
	baseStop = 5 * time.Second
)

// insideBase runs a process in a base image and returns how it ended. It leaves nothing of
// it behind, and begins with what an earlier Gondor left. When ctx ends the process is
// stopped.
func (e *Engine) insideBase(ctx context.Context, p baseProcess, s app.Streams) (_ app.Exit, err error) {
	if err := e.ensureBuilds(ctx); err != nil {
		return app.Exit{}, err
	}
	if err := e.clear(ctx, p.id); err != nil {
		return app.Exit{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout+cleanupTimeout)
	defer cancel()
	defer func() { err = errors.Join(err, e.clear(context.WithoutCancel(ctx), p.id)) }()
	if err := e.startPod(ctx, e.options.buildNamespace(), p.process(), p.order(e.options)); err != nil {
		return app.Exit{}, err
	}
	if err := e.Attach(ctx, p.id, s); err != nil {
		return app.Exit{}, err
	}
	return e.Wait(ctx, p.id)
}

func (p baseProcess) process() app.Process {
	return app.Process{
		ID: p.id, Program: app.Program{Site: p.site, Argv: p.argv, Size: p.size},
		Stdin: true, Hold: true, Ephemeral: true, Timeout: p.timeout, StopTimeout: baseStop,
	}
}

func (p baseProcess) order(o Options) podOrder {
	order := podOrder{Program: p.process().Program, Image: p.image, Source: p.source}
	order.Spec = o.spec(order.Program)
	order.Spec.Dir = temporaryDir
	return order
}

// clear stops a process and forgets it. No error when there is none.
func (e *Engine) clear(ctx context.Context, id app.ProcessID) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupTimeout)
	defer cancel()
	if err := e.Stop(ctx, id); err != nil {
		return err
	}
	if _, err := e.Wait(ctx, id); app.IsNotFound(err) {
		return nil
	} else if err != nil {
		return err
	}
	return e.Forget(ctx, id)
}
