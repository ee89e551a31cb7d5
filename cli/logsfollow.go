package cli

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/web/api"
)

// logFollower shows lines as they come, until all logs have ended.
type logFollower struct {
	program  *Program
	instance api.Instance
	whole    bool // all of the instance is followed, what is added to it too
	query    api.LogQuery
	out      *logOutput

	running *errgroup.Group
	known   map[api.Reference]bool // the logs that are followed
}

func (f *logFollower) follow(ctx context.Context, sources []logSource) error {
	group, within := errgroup.WithContext(ctx)
	f.running, f.known = group, map[api.Reference]bool{}
	for _, source := range sources {
		f.add(within, source, f.query)
	}
	if f.whole {
		group.Go(func() error { return f.watch(within) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	what := "The service " + sources[0].name
	if _, err := f.program.server.Services(ctx, f.instance.URL); f.whole || app.IsNotFound(err) {
		what = "The instance " + f.instance.Label
	}
	_, err := fmt.Fprintf(f.program.io.Stderr, "%s was deleted, and its log with it.\n", what)
	return err
}

// add follows a log that is not followed yet. One that is deleted has ended.
func (f *logFollower) add(ctx context.Context, source logSource, q api.LogQuery) {
	if f.known[source.log] {
		return
	}
	f.known[source.log] = true
	f.running.Go(func() error {
		for line, err := range f.program.lines(ctx, source, q) {
			if app.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := f.out.write(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// watch follows what is added to the instance, until that is deleted.
func (f *logFollower) watch(ctx context.Context) error {
	listening, cancel := context.WithCancel(ctx)
	defer cancel()
	changes := make(chan struct{}, 1)
	go listen(listening, f.program.server, f.instance.URL, changes)
	for {
		services, err := f.program.server.Services(ctx, f.instance.URL)
		switch {
		case app.IsNotFound(err):
			return nil
		case err != nil && app.CodeOf(err) != app.CodeUnavailable: // who follows a log waits for the server
			return err
		}
		all := f.query
		all.Last = 0
		for _, service := range services {
			f.add(ctx, sourceOf(service), all)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changes:
		case <-time.After(serverGrace): // what changed before the server was listened to
		}
	}
}
