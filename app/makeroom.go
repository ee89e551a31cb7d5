package app

import (
	"context"
	"fmt"
	"time"
)

// scarceGrace is buildGrace while there is too little disk: long enough for whoever built
// to release it.
const scarceGrace = 10 * time.Minute

// leavePatience is how long a deploy waits for the room that replicas take which were
// replaced: they linger and drain, and most have gone by then.
const leavePatience = time.Minute

// expectRoom refuses, with an error of CodeFull, what needs more than there is, or is about
// to be when replicas that were replaced have gone. Before that it removes what nobody
// needs, as promiseRoom does.
func (a *App) expectRoom(ctx context.Context, n need) error {
	if a.Disk == nil {
		return nil
	}
	s, release, err := a.makeRoom(ctx, n, a.Disk.DropCaches, a.dropUnreleased)
	if err != nil {
		return err
	}
	release()
	if s.missing() <= 0 {
		return nil
	}
	leaving, err := a.leavingBuilds(ctx)
	if err != nil || len(leaving) > 0 {
		return err
	}
	return a.expectRoomWithoutLogs(ctx, n)
}

// expectRoomWithoutLogs refuses what the oldest lines of logs make no room for either.
func (a *App) expectRoomWithoutLogs(ctx context.Context, n need) error {
	s, release, err := a.makeRoom(ctx, n, a.Disk.DropLogs)
	if err != nil {
		return err
	}
	release()
	if s.missing() > 0 {
		return s.refusal()
	}
	return nil
}

// promiseRoom keeps room for what is about to be added, until release is called. When there
// is too little it removes what nobody needs: caches first, then artifacts that nobody
// released. Then it calls waiting and waits for replicas that are leaving, whose artifacts
// then go, and removes the oldest lines of logs in the end. An error of CodeFull says what
// is missing after all that.
func (a *App) promiseRoom(ctx context.Context, n need, waiting func()) (release func(), err error) {
	if a.Disk == nil {
		return func() {}, nil
	}
	patience, cancel := context.WithTimeout(ctx, leavePatience)
	defer cancel()
	s, release, err := a.makeRoom(ctx, n, a.Disk.DropCaches, a.dropUnreleased)
	for err == nil && s.missing() > 0 && a.awaitLeaving(patience, waiting) {
		s, release, err = a.makeRoom(ctx, n, a.dropUnreleased)
	}
	if err == nil && s.missing() > 0 {
		s, release, err = a.makeRoom(ctx, n, a.Disk.DropLogs)
	}
	if err == nil && s.missing() > 0 {
		err = s.refusal()
	}
	return release, err
}

// makeRoom removes what it is given, one after the other, until nothing is missing, and
// promises the room then.
func (a *App) makeRoom(ctx context.Context, n need, removals ...func(context.Context, int64) error) (shortage, func(), error) {
	a.room.making.Lock()
	defer a.room.making.Unlock()
	s, err := a.shortage(ctx, n)
	for _, remove := range removals {
		if err != nil || s.missing() <= 0 {
			break
		}
		if err := remove(ctx, s.missing()); err != nil {
			return s, nil, fmt.Errorf("make room on the disk: %w", err)
		}
		a.room.forget()
		s, err = a.shortage(ctx, n)
	}
	if err != nil || s.missing() > 0 {
		return s, func() {}, err
	}
	return s, a.room.promise(s.wanted), nil
}

func (a *App) dropUnreleased(ctx context.Context, _ int64) error {
	return a.dropArtifacts(ctx, scarceGrace)
}

// shortage looks at the disk. It says that the budget is used up only after it has
// measured.
func (a *App) shortage(ctx context.Context, n need) (shortage, error) {
	space, err := a.Disk.Space(ctx)
	if err != nil {
		return shortage{}, fmt.Errorf("look at the disk: %w", err)
	}
	s := shortage{DiskSpace: space, wanted: n.on(space)}
	known := false
	if s.kept, s.promised, known = a.room.taken(); known && s.ofBudget() <= 0 {
		return s, nil
	}
	err = a.room.measure(func() (int64, error) {
		parts, err := a.Disk.Parts(ctx)
		return used(parts), err
	})
	if err != nil {
		return shortage{}, fmt.Errorf("measure what is kept: %w", err)
	}
	s.kept, s.promised, _ = a.room.taken()
	return s, nil
}

// needOf is what the next deploy of a site is taken to need: as much as its last.
func (a *App) needOf(ctx context.Context, site ID[Site]) (n need, err error) {
	err = a.read(ctx, func(r Reader) error {
		for build, err := range r.Builds().By(BuildWithArtifact, string(site)) {
			if err != nil {
				return err
			}
			if build.Artifact.Size > 0 { // that of an image elsewhere is not known
				n = need{build.SourceSize, build.Artifact.Size}
			}
		}
		return nil
	})
	if err != nil {
		return n, fmt.Errorf("look at the last build: %w", err)
	}
	return n, nil
}
