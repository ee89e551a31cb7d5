package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gondor/app"
	"gondor/cluster/command"
	"gondor/cluster/hide"
)

// The markers of a build's directory.
const (
	unpackedMarker = "unpacked" // the source is there; steps may have run
	completeMarker = "complete" // the artifact is there, for good
)

// construction is one build under way:
//
//	artifacts/SITE/BUILD/app ──unpack──▶ "unpacked" ──steps──▶ finish ──▶ "complete"
//
// What is not complete is removed when it fails. After a crash the steps go on behind
// those that the supervisor has seen end.
type construction struct {
	engine   *Engine
	order    app.BuildOrder
	dir      string // artifacts/SITE/BUILD
	who      identity
	passed   map[string]string // of Gondor's own environment
	hidden   hide.Secrets
	searched hide.Secrets
	started  time.Time // when the source was there
}

// complete is the contents of the marker of that name.
type complete struct {
	Artifact app.Artifact
	Made     map[string]string // place in the source -> key of what a step made there
}

// Build implements app.Builder. CodeConflict when the same build is under way.
func (e *Engine) Build(ctx context.Context, o app.BuildOrder, source io.Reader) (app.Artifact, error) {
	if !filepath.IsLocal(string(o.Site)) || !filepath.IsLocal(string(o.Build)) {
		return app.Artifact{}, app.Invalid("build", "%q of the site %q can't be a directory", string(o.Build), string(o.Site))
	}
	if !e.claim(o) {
		return app.Artifact{}, app.Conflict("build", "%s is being built already", o.Build)
	}
	defer e.unclaim(o.Build)
	b := e.construction(o)
	if done, err := b.done(); err == nil {
		return done, b.forget(ctx) // a kill may have come before that
	}
	artifact, err := b.run(ctx, source)
	if err != nil {
		return app.Artifact{}, errors.Join(err, b.discard(context.WithoutCancel(ctx)))
	}
	return artifact, nil
}

func (e *Engine) claim(o app.BuildOrder) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, claimed := e.building[o.Build]; claimed {
		return false
	}
	e.building[o.Build] = o.Site
	return true
}

// hasBuild reports whether a build of the site is under way. The caller holds the lock.
func (e *Engine) hasBuild(site app.ID[app.Site]) bool {
	for _, one := range e.building {
		if one == site {
			return true
		}
	}
	return false
}

func (e *Engine) unclaim(id app.ID[app.Build]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.building, id)
}

func (e *Engine) construction(o app.BuildOrder) *construction {
	b := &construction{engine: e, order: o, dir: filepath.Join(e.layout.site(o.Site), string(o.Build))}
	b.passed = e.passedOn()
	secret := map[string]string{}
	for key, value := range b.passed {
		if len(hide.Credentials(value)) > 0 {
			secret[key] = value
		}
	}
	secret = command.Environment(secret).Over(o.Variables)
	b.hidden, b.searched = hide.In(secret), hide.Searched(secret)
	return b
}

// passedOn returns the part of Gondor's own environment that steps get.
func (e *Engine) passedOn() map[string]string {
	names := []string{"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
	passed := map[string]string{}
	for _, name := range slices.Concat(names, e.options.BuildEnv) {
		if value, ok := os.LookupEnv(name); ok {
			passed[name] = value
		}
	}
	return passed
}

func (b *construction) app() string   { return filepath.Join(b.dir, "app") }
func (b *construction) tmp() string   { return b.engine.layout.tmp(string(b.order.Build)) }
func (b *construction) cache() string { return b.engine.layout.cache(b.order.Site) }

func (b *construction) done() (app.Artifact, error) {
	c, err := finished{dir: b.dir}.complete()
	return c.Artifact, err
}

// run carries the order out within its limits.
func (b *construction) run(ctx context.Context, source io.Reader) (app.Artifact, error) {
	if err := b.receive(ctx, source); err != nil {
		return app.Artifact{}, err
	}
	if err := b.steps(ctx); err != nil {
		return app.Artifact{}, err
	}
	size, err := finish(ctx, b.app(), b.who, b.searched)
	if err != nil {
		return app.Artifact{}, err
	}
	if size > b.engine.options.Limits.Disk {
		return app.Artifact{}, b.limits().TooLarge()
	}
	return b.keep(ctx, size)
}

// steps runs them one after the other. The limits are theirs alone: what follows is
// Gondor's own work, from which measuring would only keep the disk.
func (b *construction) steps(ctx context.Context) error {
	limits := b.limits()
	limited, stop := limits.Watch(ctx)
	defer stop()
	for n, step := range b.order.Plan.Steps {
		if err := b.step(limited, n, step); err != nil {
			return limits.Blame(limited, err)
		}
	}
	return nil
}

// keep makes the result, which takes so many bytes on disk, an artifact.
func (b *construction) keep(ctx context.Context, size int64) (app.Artifact, error) {
	artifact := app.Artifact{Ref: string(b.order.Site) + "/" + string(b.order.Build), Size: size}
	if err := ctx.Err(); err != nil {
		return app.Artifact{}, err
	}
	if err := writeJSON(filepath.Join(b.dir, completeMarker), complete{artifact, b.made()}); err != nil {
		return app.Artifact{}, err
	}
	return artifact, b.forget(context.WithoutCancel(ctx))
}

// discardPatience is how long a build that failed waits for a supervisor to come back.
const discardPatience = 10 * time.Second

// discard removes all that a build left. When its supervisor was killed, that has the rest
// of it once it is back.
func (b *construction) discard(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, discardPatience)
	defer cancel()
	err := b.clear(ctx)
	for app.CodeOf(err) == app.CodeUnavailable && ctx.Err() == nil {
		pause(ctx, 100*time.Millisecond)
		err = b.clear(ctx)
	}
	if err != nil {
		return fmt.Errorf("remove what the build left: %w", err)
	}
	return nil
}

// clear stops and forgets the steps, then removes the files.
func (b *construction) clear(ctx context.Context) error {
	if err := b.forget(ctx); err != nil {
		return err
	}
	return os.RemoveAll(b.dir)
}
