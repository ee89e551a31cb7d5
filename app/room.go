package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// scarceGrace is buildGrace while there is too little disk: long enough for whoever built
// to release it.
const scarceGrace = 10 * time.Minute

// room knows how much Gondor keeps on disk. It is safe for concurrent use.
type room struct {
	making sync.Mutex   // held while room is made
	used   atomic.Int64 // as last measured, and what was built since
	known  atomic.Bool  // it was measured
}

// shortage is what is there and what is wanted, in bytes.
type shortage struct {
	DiskSpace
	used   int64
	wanted int64
}

// ofDisk and ofBudget are how much is missing; less than 1 when nothing is.
func (s shortage) ofDisk() int64   { return s.wanted + s.Reserve - s.Free }
func (s shortage) ofBudget() int64 { return s.used + s.wanted - s.Budget }
func (s shortage) missing() int64  { return max(s.ofDisk(), s.ofBudget()) }

// refusal says what is missing and what to do.
func (s shortage) refusal() error {
	const advice = "gondor status --disk shows an admin what takes it"
	if s.ofDisk() > 0 {
		return Fault(CodeFull,
			"There is no room for a deploy: %s of the disk are free, and it takes %s, of which %s are kept free for what runs. Delete sites and instances that nobody needs, or make the disk larger; %s.",
			BytesText(s.Free), BytesText(s.wanted+s.Reserve), BytesText(s.Reserve), advice)
	}
	return Fault(CodeFull,
		"There is no room for a deploy: Gondor may keep %s and keeps %s, and this takes %s more. Delete sites and instances that nobody needs, or give it more with --disk-budget; %s.",
		BytesText(s.Budget), BytesText(s.used), BytesText(s.wanted), advice)
}

// expectRoom refuses, with an error of CodeFull, what takes so many bytes more than there
// are. Before that it removes what nobody needs: caches first, then artifacts that nobody
// released, then the oldest lines of logs.
func (a *App) expectRoom(ctx context.Context, bytes int64) error {
	if a.Disk == nil {
		return nil
	}
	a.room.making.Lock()
	defer a.room.making.Unlock()
	s, err := a.shortage(ctx, bytes)
	for _, free := range []func(context.Context, int64) error{a.Disk.DropCaches, a.dropUnreleased, a.Disk.DropLogs} {
		if err != nil || s.missing() <= 0 {
			return err
		}
		if err := free(ctx, s.missing()); err != nil {
			return fmt.Errorf("make room on the disk: %w", err)
		}
		a.room.known.Store(false)
		s, err = a.shortage(ctx, bytes)
	}
	if err == nil && s.missing() > 0 {
		err = s.refusal()
	}
	return err
}

func (a *App) dropUnreleased(ctx context.Context, _ int64) error {
	return a.dropArtifacts(ctx, scarceGrace)
}

// shortage looks at the disk. It says that the budget is used up only after it has
// measured.
func (a *App) shortage(ctx context.Context, wanted int64) (shortage, error) {
	space, err := a.Disk.Space(ctx)
	if err != nil {
		return shortage{}, fmt.Errorf("look at the disk: %w", err)
	}
	if !space.Artifacts {
		wanted = 0
	}
	s := shortage{space, a.room.used.Load(), wanted}
	if a.room.known.Load() && s.ofBudget() <= 0 {
		return s, nil
	}
	parts, err := a.Disk.Parts(ctx)
	if err != nil {
		return shortage{}, fmt.Errorf("measure what is kept: %w", err)
	}
	s.used = used(parts)
	a.room.used.Store(s.used)
	a.room.known.Store(true)
	return s, nil
}

// expectRoomFor is expectRoom for a build, which is taken to be as large as the last of
// its site.
func (a *App) expectRoomFor(ctx context.Context, site ID[Site]) error {
	var size int64
	err := a.read(ctx, func(r Reader) error {
		for build, err := range r.Builds().By(BuildWithArtifact, string(site)) {
			if err != nil {
				return err
			}
			if build.Artifact.Size > 0 { // that of an image elsewhere is not known
				size = build.Artifact.Size
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look at the last build: %w", err)
	}
	return a.expectRoom(ctx, size)
}

// explainFull makes an error of CodeFull, for people, of one that says that the disk is
// full.
func explainFull(err error) error {
	if err == nil || !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return Fault(CodeFull, "The disk is full. Delete sites and instances that nobody needs, or make it larger, and try again; gondor status --disk shows an admin what takes it.")
}

// insist calls fn until it does not fail for a full disk or something else that passes, or
// ctx ends.
func (a *App) insist(ctx context.Context, what string, fn func() error) error {
	for {
		err := fn()
		if code := CodeOf(err); code != CodeFull && code != CodeUnavailable {
			return err
		}
		a.log.Warn("try again later", "what", what, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}
