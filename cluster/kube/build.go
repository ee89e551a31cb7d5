package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gondor/app"
	"gondor/cluster/kube/builder"
	"gondor/cluster/kube/inside"
	"gondor/cluster/kube/registry/token"
)

// builderMemory is what the builder itself may use beside the steps.
const builderMemory = 128 << 20

// pushTimeout is how long a build may take beside its steps: to fetch the cache, and to
// store that and the artifact.
const pushTimeout = 15 * time.Minute

// Build implements app.Builder. CodeConflict when the same build is under way.
func (e *Engine) Build(ctx context.Context, o app.BuildOrder, source io.Reader) (app.Artifact, error) {
	if o.Build == "" || o.Site == "" {
		return app.Artifact{}, app.Invalid("build", "a build and its site need IDs")
	}
	if !e.builds.claim(o.Build) {
		return app.Artifact{}, app.Conflict("build", "%s is being built already", o.Build)
	}
	defer e.builds.unclaim(o.Build)
	if done, err := e.artifact(ctx, o.Site, o.Build); !app.IsNotFound(err) {
		return done, err
	}
	err := e.construct(ctx, o, source)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return app.Artifact{}, errors.Join(err, e.discard(context.WithoutCancel(ctx), o))
	}
	return e.artifact(ctx, o.Site, o.Build)
}

// discard removes what a build that failed may have stored.
func (e *Engine) discard(ctx context.Context, o app.BuildOrder) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupTimeout)
	defer cancel()
	store, repository := e.options.Registry.store(token.Admin()), siteRepository(o.Site)
	digest, err := store.Digest(ctx, repository, string(o.Build))
	switch {
	case app.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("remove what the build left: %w", err)
	}
	return store.Delete(ctx, repository, digest.String())
}

// construct has a builder carry out an order.
func (e *Engine) construct(ctx context.Context, o app.BuildOrder, source io.Reader) error {
	base, err := e.baseFor(ctx, o.Plan)
	if err != nil {
		return err
	}
	order, err := e.buildOrder(ctx, o, base)
	if err != nil {
		return err
	}
	in, err := e.builds.mirror.find(ctx, base.Build)
	if err != nil {
		return err
	}
	limits := e.options.Limits
	process := baseProcess{
		id: app.ProcessID("build-" + string(o.Build)), site: o.Site, image: in.reference(e.options.Registry.Host),
		argv: []string{inside.Binary, "inside", "build"}, timeout: limits.Time + pushTimeout,
		size: app.Size{CPU: 1, Memory: limits.Memory + builderMemory}, source: 2 * limits.Disk, // the builder is faster, and says why
	}
	c := conversation{engine: e, log: o.LogName}
	exit, err := c.hold(ctx, process, order, source)
	if err != nil {
		return err
	}
	return c.verdict(exit)
}

// buildOrder is what the builder gets to know.
func (e *Engine) buildOrder(ctx context.Context, o app.BuildOrder, base Base) (builder.Order, error) {
	run := base.Run
	if run == "" {
		run = base.Build
	}
	on, err := e.builds.mirror.find(ctx, run)
	if err != nil {
		return builder.Order{}, err
	}
	program, err := e.shipment.digest(ctx)
	if err != nil {
		e.log.Warn("an artifact does not get Gondor's binary, which is carried into its pods instead", "build", o.Build, "error", err)
	}
	repository, limits := siteRepository(o.Site), e.options.Limits
	return builder.Order{
		Program: programRepository, ProgramDigest: program,
		Steps: o.Plan.Steps, Variables: o.Variables, Passed: e.options.BuildEnv,
		Registry: e.options.Registry.store(token.Push(repository)), Repository: repository, Tag: string(o.Build),
		Base: on.Repository, BaseDigest: on.Digest,
		Time: limits.Time, Memory: limits.Memory, Disk: limits.Disk,
	}, nil
}

// baseFor chooses what a plan is built in: the base image of its runtime, or the first
// other one that has all that it needs.
func (e *Engine) baseFor(ctx context.Context, plan app.Plan) (Base, error) {
	own, known := e.options.Bases[plan.Runtime]
	if !known {
		return Base{}, app.Fault(app.CodeFailed, "there is no base image for %s; ask who runs this Gondor to give one with --base %s=IMAGE", plan.Language, plan.Runtime)
	}
	if len(plan.Needs) < 2 {
		return own, nil
	}
	for _, language := range append([]string{plan.Runtime}, plan.Needs...) {
		base := e.options.Bases[language]
		offered, err := e.offers(ctx, base)
		if err != nil {
			return Base{}, err
		}
		if offersAll(offered, plan.Needs) {
			return base, nil
		}
	}
	return Base{}, app.Fault(app.CodeFailed, "the site needs %s, and no base image of this Gondor has all of them; ask who runs it to give one that has with --base %s=IMAGE",
		strings.Join(plan.Needs, " and "), plan.Runtime)
}

func offersAll(offered []app.Runtime, needs []string) bool {
	return !slices.ContainsFunc(needs, func(name string) bool {
		return !slices.ContainsFunc(offered, func(r app.Runtime) bool { return r.Name == name })
	})
}
