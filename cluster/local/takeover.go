package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

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
	for _, earlier := range b.earlier(step) {
		if err := b.takeOver(ctx, n, step, earlier); err == nil {
			return true, nil
		} else if !errors.Is(err, os.ErrNotExist) { // it is being removed
			b.engine.options.Logger.Warn("what an earlier build made is made anew", "build", b.order.Build, "step", step.Name, "error", err)
		}
	}
	return false, ctx.Err()
}

// earlier returns the directories of the site's artifacts that have what the step makes,
// the newest first.
func (b *construction) earlier(step app.Step) []string {
	entries, err := os.ReadDir(filepath.Dir(b.dir))
	if err != nil {
		return nil // then the step runs
	}
	made := map[string]time.Time{}
	for _, entry := range entries {
		dir := filepath.Join(filepath.Dir(b.dir), entry.Name())
		data, err := os.ReadFile(filepath.Join(dir, completeMarker))
		info, gone := os.Stat(filepath.Join(dir, completeMarker))
		var c complete
		if errors.Join(err, gone) == nil && json.Unmarshal(data, &c) == nil && c.Made[step.Makes] == step.Key {
			made[dir] = info.ModTime()
		}
	}
	dirs := make([]string, 0, len(made))
	for dir := range made {
		dirs = append(dirs, dir)
	}
	slices.SortFunc(dirs, func(a, b string) int { return made[b].Compare(made[a]) })
	return dirs
}

// takeOver puts what the step makes in its place, from an artifact that has it. The files
// are the same, so it takes no room, and no time to speak of.
func (b *construction) takeOver(ctx context.Context, n int, step app.Step, from string) (err error) {
	private, err := os.MkdirTemp(b.dir, newPattern) // which no process of the site can enter
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, tree.RemoveAll(private)) }()
	linked, place := filepath.Join(private, "made"), filepath.Join(b.app(), step.Makes)
	if err := tree.Link(filepath.Join(from, "app", step.Makes), linked, b.who.UID, b.who.GID); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(from, completeMarker)); err != nil { // else it may be half
		return fmt.Errorf("look again at what is taken over: %w", err)
	}
	if err := tree.RemoveAll(place); err != nil {
		return fmt.Errorf("clear the place: %w", err)
	}
	if err := os.Rename(linked, place); err != nil {
		return fmt.Errorf("put it in its place: %w", err)
	}
	if err := b.engine.supervisor.Append(ctx, b.order.LogName, "-----> "+step.Name+"\n"+takenOver); err != nil {
		return fmt.Errorf("write to the build's log: %w", err)
	}
	return writeFile(b.takenMarker(n), nil)
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
