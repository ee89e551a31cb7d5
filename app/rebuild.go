package app

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// rebuild makes a build of the source, or of the image, of an earlier one, and puts it in
// the queue: what the engine offers has changed since. CodeConflict when that source is
// kept no more.
func (a *App) rebuild(ctx context.Context, who Actor, in NewBuild) (Build, error) {
	var earlier Build
	err := a.read(ctx, func(r Reader) (err error) {
		earlier, err = buildFor(r, who, ActionDeploy, in.SourceOf)
		return err
	})
	if err != nil {
		return Build{}, err
	}
	if in.Site != "" && in.Site != earlier.Site {
		return Build{}, Invalid("source_of", "is not a build of this site")
	}
	in.Site, in.Ref, in.SHA, in.Image = earlier.Site, earlier.Ref, earlier.SHA, earlier.Image
	if in.Image != "" {
		return a.createBuild(ctx, who, in)
	}
	source, err := a.Sources.Open(ctx, earlier.ID)
	if IsNotFound(err) {
		return Build{}, Conflict("source_of", "the source of this build is kept no more; deploy it from its repository")
	}
	if err != nil {
		return Build{}, fmt.Errorf("open the source of an earlier build: %w", err)
	}
	build, err := a.buildOf(ctx, who, in, source)
	return build, errors.Join(err, source.Close())
}

// buildOf makes a build of a source at hand.
func (a *App) buildOf(ctx context.Context, who Actor, in NewBuild, source io.Reader) (Build, error) {
	build, err := a.createBuild(ctx, who, in)
	if err != nil {
		return Build{}, err
	}
	if err := a.takeSource(ctx, who, build.ID, source); err != nil {
		return Build{}, err
	}
	return a.Build(ctx, who, build.ID)
}
