package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/kube/builder"
)

// conversation is what is said between the engine and the builder of one build.
type conversation struct {
	engine *Engine
	log    app.LogName
	last   builder.Message // how it ended; zero when that was not said
}

// hold runs the builder, sends it its order and the source, and writes what it says into
// the log of the build.
func (c *conversation) hold(ctx context.Context, p baseProcess, order builder.Order, source io.Reader) (app.Exit, error) {
	in, to := io.Pipe()
	from, out := io.Pipe()
	var talking sync.WaitGroup
	defer talking.Wait()
	defer func() { _, _ = in.Close(), out.Close() }() // pipes in memory
	talking.Go(func() {
		_ = to.CloseWithError(builder.Send(to, order, source)) // Attach tells of it
	})
	told := make(chan error, 1)
	talking.Go(func() {
		err := builder.Receive(from, c.hear(string(p.id)))
		_, _ = io.Copy(io.Discard, from) // so that nobody waits to be heard
		told <- err
	})
	exit, err := c.engine.insideBase(ctx, p, app.Streams{Stdin: in, Stdout: out})
	_ = out.Close() // a pipe in memory
	if err != nil {
		return exit, err
	}
	if err := <-told; err != nil && !errors.Is(err, io.EOF) {
		return exit, err
	}
	return exit, nil
}

// hear writes a line into the build's log.
func (c *conversation) hear(replica string) func(builder.Message) error {
	return func(m builder.Message) error {
		if m.Built || m.Failed != "" {
			c.last = m
			return nil
		}
		line := app.LogLine{Time: time.Now(), Stream: m.Stream, Text: m.Text}
		if m.Stream != app.Gondor {
			line.Replica = replica
		}
		if err := c.engine.options.Logs.Write(c.log, line); err != nil {
			return fmt.Errorf("write the build's log: %w", err)
		}
		return nil
	}
}

// verdict says how the build ended, by the builder's own word or by how it ended itself.
func (c *conversation) verdict(exit app.Exit) error {
	switch {
	case c.last.Built:
		return nil
	case c.last.Code == app.CodeInternal:
		return fmt.Errorf("carry out a build: %s", c.last.Failed)
	case c.last.Failed != "":
		return app.Fault(c.last.Code, "%s", c.last.Failed)
	case exit.Code == 0:
		return app.Fault(app.CodeUnavailable, "the builder ended without a word")
	}
	return app.Fault(app.CodeFailed, "the build could not be carried out: %s", exit.Message)
}
