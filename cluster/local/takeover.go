package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"gondor/app"
	"gondor/cluster/tree"
)

// takenPrefix and its number name the marker of a step whose result was taken over.
const takenPrefix = "taken-"

// takenOver tells people why a step did not run.
const takenOver = "Nothing has changed that this hangs on: what an earlier build made is taken over."

func (b *construction) takenMarker(n int) string {
	return filepath.Join(b.dir, takenPrefix+strconv.Itoa(n))
}

// isTaken reports whether the result of a step was taken over, now or by an earlier Gondor.
func (b *construction) isTaken(ctx context.Context, n int, step app.Step) (bool, error) {
	if _, err := os.Stat(b.takenMarker(n)); err == nil {
		return true, nil
	}
	if step.Key == "" || b.environment(step)[app.RebuildVariable] != "" {
		return false, nil
	}
	for _, earlier := range b.engine.layout.finished(b.order.Site) {
		if earlier.made()[step.Makes] != step.Key {
			continue
		}
		if err := b.takeOver(ctx, n, step, earlier); err == nil {
			return true, nil
		} else if !errors.Is(err, os.ErrNotExist) { // it is being removed
			b.engine.options.Logger.Warn("what an earlier build made is made anew", "build", b.order.Build, "step", step.Name, "error", err)
		}
	}
	return false, ctx.Err()
}

// takeOver puts what the step makes in its place, from an artifact that has it. The files
// are the same, so it takes no room, and hardly any time.
func (b *construction) takeOver(ctx context.Context, n int, step app.Step, from finished) (err error) {
	place := filepath.Join(b.app(), step.Makes)
	if err := tree.RemoveAll(place); err != nil {
		return fmt.Errorf("clear the place: %w", err)
	}
	if err := os.Rename(filepath.Join(b.engine.layout.spare(b.order.Site, step.Key), "made"), place); err != nil {
		if err := b.link(step, from, place); err != nil {
			return err
		}
	}
	if err := b.engine.supervisor.Append(ctx, b.order.LogName, "-----> "+step.Name+"\n"+takenOver); err != nil {
		return fmt.Errorf("write to the build's log: %w", err)
	}
	return writeFile(b.takenMarker(n), nil)
}

// link does so when there is no spare.
func (b *construction) link(step app.Step, from finished, place string) (err error) {
	private, err := os.MkdirTemp(b.dir, newPattern) // which no process of the site can enter
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, tree.RemoveAll(private)) }()
	linked := filepath.Join(private, "made")
	if err := from.link(step.Makes, linked, b.who); err != nil {
		return err
	}
	if err := os.Rename(linked, place); err != nil {
		return fmt.Errorf("put it in its place: %w", err)
	}
	return nil
}

// made lists what an artifact has that later builds may take over, by its place.
func (b *construction) made() map[string]string {
	made := map[string]string{}
	for _, step := range b.order.Plan.Steps {
		if step.Key != "" {
			made[step.Makes] = step.Key
		}
	}
	return made
}
