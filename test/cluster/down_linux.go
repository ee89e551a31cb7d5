package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// down takes everything of the cluster away, also what a killed up has left. It finds it
// by its name alone and does nothing when there is none. An up at work is killed too.
func down(ctx context.Context) error {
	if err := canRun(); err != nil {
		return err
	}
	if err := killMachine(""); err != nil { // before the lock, which an up at work would hold
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	return clear(ctx)
}

// clear does the work of down, for those who have the lock.
func clear(ctx context.Context) error {
	err := errors.Join(killMachine(""), removeNetwork(ctx), removeCgroups(""))
	if err := os.RemoveAll(stateDir); err != nil {
		return fmt.Errorf("remove the state directory: %w", err)
	}
	return err
}
