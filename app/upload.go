package app

import (
	"context"
	"fmt"
	"io"
	"iter"
)

// UploadBuild takes the source of a build that waits for it, puts the build in the
// queue, and returns the endpoint of its output. CodeConflict when its source has come
// already; a source that is refused leaves the build waiting for a better one.
func (a *App) UploadBuild(ctx context.Context, who Actor, id ID[Build], source io.Reader) (endpoint string, err error) {
	if err := a.takeSource(ctx, who, id, source); err != nil {
		return "", err
	}
	return a.Endpoints.Publish(buildSession{a, id}), nil
}

// takeSource takes the source of a build that waits for it, and puts the build in the queue.
func (a *App) takeSource(ctx context.Context, who Actor, id ID[Build], source io.Reader) error {
	build, err := a.expectsSource(ctx, who, id)
	if err != nil {
		return err
	}
	size, err := a.receive(ctx, build, source)
	if err != nil {
		return err
	}
	err = a.update(ctx, func(tx Tx) error {
		build, err := buildFor(tx.Reader(), who, ActionDeploy, id)
		if err != nil {
			return err
		}
		if err := build.expectsSource(); err != nil {
			return err
		}
		build.State, build.Queued, build.SourceSize = BuildQueued, a.now(), size
		return tx.Builds().Put(build)
	})
	if err == nil {
		a.tellQueue(ctx)
	}
	return err
}

// receive stores the source of a build once there is room for that and for what will be
// made of it.
func (a *App) receive(ctx context.Context, build Build, source io.Reader) (size int64, err error) {
	need, err := a.needOf(ctx, build.Site)
	if err != nil {
		return 0, err
	}
	release, err := a.promiseRoom(ctx, need, func() {})
	if err != nil {
		return 0, err
	}
	defer release()
	size, err = a.Sources.Receive(ctx, build.ID, source)
	a.room.add(size)
	return size, explainFull(err)
}

func (a *App) expectsSource(ctx context.Context, who Actor, id ID[Build]) (build Build, err error) {
	err = a.read(ctx, func(r Reader) error {
		if build, err = buildFor(r, who, ActionDeploy, id); err != nil {
			return err
		}
		return build.expectsSource()
	})
	return build, err
}

func (b Build) expectsSource() error {
	switch {
	case b.Image != "":
		return Conflict("", "this build is made of the image %s and takes no source", b.Image)
	case b.State != BuildWaiting:
		return Conflict("", "the source of this build has been uploaded already, or the build was cancelled")
	}
	return nil
}

// AttachBuild returns a new endpoint of a build's output, from its first line on.
func (a *App) AttachBuild(ctx context.Context, who Actor, id ID[Build]) (endpoint string, err error) {
	if _, err := a.Build(ctx, who, id); err != nil {
		return "", err
	}
	return a.Endpoints.Publish(buildSession{a, id}), nil
}

// BuildLog yields the lines of a build's log. Following ends with the build.
func (a *App) BuildLog(ctx context.Context, who Actor, id ID[Build], q LogQuery) iter.Seq2[LogLine, error] {
	build, err := a.Build(ctx, who, id)
	return a.linesUntil(ctx, BuildLog(id), q, build.State.Ended(), build.Ended, err)
}

// buildSession shows the output of a build to who joins it.
type buildSession struct {
	app *App
	id  ID[Build]
}

// Join implements Session: it copies the build's log to Stdout until the build has
// ended. Who leaves early does not disturb the build.
func (s buildSession) Join(ctx context.Context, streams Streams) (Exit, error) {
	build, err := s.build(ctx)
	if err != nil {
		return Exit{}, err
	}
	query := LogQuery{Log: BuildLog(s.id), Follow: !build.State.Ended()}
	for line, err := range s.app.Logs.Lines(ctx, query) {
		if err != nil {
			return Exit{}, fmt.Errorf("read the build's log: %w", err)
		}
		if streams.Stdout == nil {
			continue
		}
		if _, err := io.WriteString(streams.Stdout, line.Text+"\n"); err != nil {
			return Exit{}, fmt.Errorf("send the build's log: %w", err)
		}
	}
	if err := ctx.Err(); err != nil {
		return Exit{}, err
	}
	return s.exit(ctx)
}

func (s buildSession) exit(ctx context.Context) (Exit, error) {
	build, err := s.build(ctx)
	if err != nil || build.State == BuildSucceeded {
		return Exit{Ended: build.Ended}, err
	}
	return Exit{Code: 1, Message: build.Message, Ended: build.Ended}, nil
}

func (s buildSession) build(ctx context.Context) (Build, error) {
	var build Build
	err := s.app.read(ctx, func(r Reader) (err error) {
		build, err = r.Builds().Get(s.id)
		return err
	})
	return build, err
}
