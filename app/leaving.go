package app

import (
	"context"
	"fmt"
	"slices"
)

// leavingBuilds lists the builds whose artifacts are kept only because replicas of them are
// still there.
func (a *App) leavingBuilds(ctx context.Context) (leaving []ID[Build], err error) {
	err = a.read(ctx, func(r Reader) error {
		for _, id := range a.state.instances() {
			instance, err := r.Instances().Get(id)
			if IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			builds, err := a.leavingBuildsOf(r, instance)
			if err != nil {
				return err
			}
			leaving = append(leaving, builds...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find what is about to leave: %w", err)
	}
	return leaving, nil
}

func (a *App) leavingBuildsOf(r Reader, instance Instance) ([]ID[Build], error) {
	wanted, err := a.wantedReleases(r, instance)
	if err != nil {
		return nil, err
	}
	present, err := a.presentReleases(r, instance.ID)
	if err != nil {
		return nil, err
	}
	needed := buildIDs(wanted)
	return slices.DeleteFunc(buildIDs(present), func(id ID[Build]) bool { return slices.Contains(needed, id) }), nil
}

// awaitLeaving waits until one of the builds that are leaving has left. It reports false
// when there is none, or ctx ends before.
func (a *App) awaitLeaving(ctx context.Context, waiting func()) bool {
	changed := make(chan struct{}, 1)
	defer a.state.watch(func(ID[Instance]) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	first, err := a.leavingBuilds(ctx)
	if err != nil || len(first) == 0 {
		return false
	}
	waiting()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
		now, err := a.leavingBuilds(ctx)
		if err != nil {
			return false
		}
		if slices.ContainsFunc(first, func(id ID[Build]) bool { return !slices.Contains(now, id) }) {
			return true
		}
	}
}
