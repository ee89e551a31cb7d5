package app

import (
	"context"
	"fmt"
	"strings"
)

// forgetOneOffs forgets the processes whose release, run or attempt of a task run is over, or
// known no more: a kill may have come between the two. One that still runs was to be stopped.
func (a *App) forgetOneOffs(ctx context.Context) error {
	kept, err := a.Processes.Kept(ctx)
	if err != nil {
		return fmt.Errorf("list the processes that are kept: %w", err)
	}
	for _, id := range kept {
		over, err := a.isOver(ctx, id)
		if err == nil && over {
			err = a.Processes.Forget(ctx, id)
		}
		if err != nil {
			return fmt.Errorf("forget the process %s: %w", id, err)
		}
	}
	return nil
}

// isOver reports whether nobody waits for a process any more; false for what is not the
// domain's.
func (a *App) isOver(ctx context.Context, id ProcessID) (bool, error) {
	if release, found := strings.CutPrefix(string(id), phasePrefix); found {
		return a.phaseIsOver(ctx, ID[Release](release))
	}
	if strings.HasPrefix(string(id), taskPrefix) {
		return a.runIsOver(ctx, id)
	}
	if strings.HasPrefix(string(id), runPrefix) {
		return a.isRunOver(ctx, id)
	}
	return false, nil
}
