package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// carryOut builds one claimed build to its end; mine ends when it is cancelled. When ctx
// ends because Gondor stops, the build stays claimed and is gone on with after the next
// start.
func (a *App) carryOut(ctx, mine context.Context, build Build) error {
	a.tellQueue(ctx)
	artifact, plan, failed := a.make(mine, build)
	cancelled := mine.Err() != nil
	if ctx.Err() != nil {
		a.builds.leave(build.ID)
		return ctx.Err()
	}
	err := a.insist(ctx, "store the end of a build", func() error {
		return a.endBuild(ctx, build.ID, plan, artifact, failed, cancelled)
	})
	a.builds.leave(build.ID)
	if err != nil {
		return err
	}
	if artifact.Ref == "" {
		a.tidy() // otherwise its release will, when it no longer keeps that from the processor and the disk
	}
	return nil
}

// make plans and builds, or adopts an image.
func (a *App) make(ctx context.Context, build Build) (Artifact, Plan, error) {
	if build.Image != "" {
		return a.adopt(ctx, build)
	}
	release, err := a.roomForArtifact(ctx, build)
	if err != nil {
		return Artifact{}, Plan{}, err
	}
	defer release()
	runtimes, err := a.Builder.Runtimes(ctx)
	if err != nil {
		return Artifact{}, Plan{}, fmt.Errorf("list the runtimes: %w", err)
	}
	plan, err := a.Sources.Plan(ctx, build.ID, runtimes)
	if err != nil {
		return Artifact{}, Plan{}, err
	}
	a.note(ctx, build.ID, fmt.Sprintf("Found %s; process types: %s.", plan.Language, strings.Join(plan.ProcessTypes(), ", ")))
	variables, err := a.buildVariables(ctx, build)
	if err != nil {
		return Artifact{}, plan, err
	}
	source, err := a.Sources.Open(ctx, build.ID)
	if err != nil {
		return Artifact{}, plan, fmt.Errorf("open the source: %w", err)
	}
	order := BuildOrder{Build: build.ID, Site: build.Site, Plan: plan, Variables: variables, LogName: BuildLog(build.ID)}
	artifact, err := a.Builder.Build(ctx, order, source)
	a.room.add(artifact.Size)
	return artifact, plan, errors.Join(err, source.Close())
}

// roomForArtifact promises room for what a build will make.
func (a *App) roomForArtifact(ctx context.Context, build Build) (release func(), err error) {
	need, err := a.needOf(ctx, build.Site)
	if err != nil {
		return nil, err
	}
	need.source = 0 // it is there
	return a.promiseRoom(ctx, need, sync.OnceFunc(func() {
		a.note(ctx, build.ID, "Waiting for room on the disk: replicas that were replaced are about to leave.")
	}))
}

// adopt makes an image that exists the artifact of a build.
func (a *App) adopt(ctx context.Context, build Build) (Artifact, Plan, error) {
	a.note(ctx, build.ID, fmt.Sprintf("Looking at the image %s.", build.Image))
	plan, artifact, err := a.Builder.Adopt(ctx, Adoption{Build: build.ID, Site: build.Site, Image: build.Image})
	if err != nil {
		return Artifact{}, plan, err
	}
	a.note(ctx, build.ID, fmt.Sprintf("Found %s; its command is: %s", artifact.Ref, plan.Processes[string(Web)]))
	return artifact, plan, nil
}

// buildVariables are those of the site and of the build's instance that are for builds.
func (a *App) buildVariables(ctx context.Context, build Build) (map[string]string, error) {
	sealed := map[string]Sealed{}
	err := a.read(ctx, func(r Reader) error {
		if err := collect(r, string(build.Site), true, sealed); err != nil || build.Instance == "" {
			return err
		}
		return collect(r, string(build.Instance), true, sealed)
	})
	if err != nil {
		return nil, fmt.Errorf("read the build's variables: %w", err)
	}
	return a.openAll(sealed)
}

// endBuild stores how a build ended, then lets go of its log and, unless it succeeded, of
// its source: one that is deployed may be built once more.
func (a *App) endBuild(ctx context.Context, id ID[Build], plan Plan, artifact Artifact, failed error, cancelled bool) error {
	message, succeeded := a.buildFault(id, explainFull(failed)), false
	err := a.update(ctx, func(tx Tx) error {
		build, err := tx.Builds().Get(id)
		if err != nil {
			return err
		}
		build.Plan, build.Ended = plan, a.now()
		switch {
		case cancelled || build.State == BuildCancelled:
			build.State = BuildCancelled
		case failed != nil:
			build.State, build.Message = BuildFailed, message
		default:
			build.State, build.Artifact = BuildSucceeded, artifact
		}
		message, succeeded = build.outcome(), build.State == BuildSucceeded
		return orElse(tx.Builds().Put(build), a.tellOfBuild(tx, build))
	})
	if IsNotFound(err) {
		return nil // its site was deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("store the end of build %s: %w", id, err)
	}
	a.note(ctx, id, message)
	a.tellQueue(ctx)
	err = a.Logs.Close(ctx, BuildLog(id))
	if !succeeded {
		err = errors.Join(err, a.Sources.Discard(ctx, id))
	}
	if err != nil {
		a.log.Warn("tidy up behind a build", "build", id, "error", err) // housekeeping tries again
	}
	return nil
}

// tellOfBuild puts the end of a build that came to nothing into the feed of the instance that
// it was for; that of any other is told by its release.
func (a *App) tellOfBuild(tx Tx, build Build) error {
	if build.Instance == "" || build.State == BuildSucceeded {
		return nil
	}
	e := Event{Instance: build.Instance, Kind: EventBuild, By: build.Creator, About: build.Key(), Text: "A build was cancelled."}
	if build.State == BuildFailed {
		e.Warning, e.Text = true, "A build failed: "+firstLine(build.Message)
	}
	if build.State == BuildFailed {
		alert := Alert{Instance: build.Instance, Kind: AlertDeploy, On: string(build.Instance), Title: "A build failed.", Text: build.Message}
		return orElse(a.happened(tx, e), a.raise(tx, alert))
	}
	return a.happened(tx, e)
}

// outcome is the last line of a build's log.
func (b Build) outcome() string {
	switch b.State {
	case BuildSucceeded:
		return fmt.Sprintf("Built in %.1f s.", b.Ended.Sub(b.Started).Seconds())
	case BuildCancelled:
		return "Cancelled."
	default:
		return "Failed: " + b.Message
	}
}

// buildFault is what people are told of a failure; a fault of Gondor's own is logged.
func (a *App) buildFault(id ID[Build], err error) string {
	switch CodeOf(err) {
	case "":
		return ""
	case CodeUnavailable:
		a.log.Error("build", "build", id, "error", err)
		return "The build was cut off: what ran it has ended. Deploy again."
	case CodeInternal:
		a.log.Error("build", "build", id, "error", err)
		return "Gondor could not carry out the build (internal error). Try again; if it stays so, tell the operator."
	default:
		return err.Error()
	}
}

// CancelBuild ends a build that has not ended. CodeConflict when it has.
func (a *App) CancelBuild(ctx context.Context, who Actor, id ID[Build]) (Build, error) {
	var build Build
	var was BuildState
	err := a.update(ctx, func(tx Tx) error {
		var err error
		if build, err = buildFor(tx.Reader(), who, ActionDeploy, id); err != nil {
			return err
		}
		if build.State.Ended() {
			return Conflict("", "this build can't be cancelled: it has ended, %s", build.State)
		}
		was = build.State
		build.State, build.Message, build.Ended = BuildCancelled, "Cancelled by "+who.Name+".", a.now()
		if was == BuildBuilding {
			return tx.Builds().Put(build) // who builds it tells of its end
		}
		return orElse(tx.Builds().Put(build), a.tellOfBuild(tx, build))
	})
	if err != nil {
		return Build{}, err
	}
	a.builds.cancel(id)
	if was == BuildBuilding {
		return build, nil // who builds it ends its log
	}
	a.note(ctx, id, build.outcome())
	a.tellQueue(ctx)
	return build, errors.Join(a.Logs.Close(ctx, BuildLog(id)), a.Sources.Discard(ctx, id))
}
