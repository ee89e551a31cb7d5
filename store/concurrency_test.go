package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"gondor/app"
)

// TestManyAtOnce holds that readers always see whole transactions while others write,
// watch and back up: each moves a service between two instances, so that there is
// always exactly one of each writer's.
func TestManyAtOnce(t *testing.T) {
	const writers, rounds = 4, 25
	s := openStore(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	var writing, reading sync.WaitGroup
	for writer := range writers {
		writing.Go(func() {
			for round := range rounds {
				update(t, s, func(tx app.Tx) error { return move(tx, writer, round) })
			}
		})
	}
	reading.Go(func() { readWhole(ctx, t, s) })
	reading.Go(func() { backUp(ctx, t, s) })
	reading.Go(func() { watchAll(t, s, 2*writers*rounds-writers) })
	writing.Wait()
	cancel()
	reading.Wait()
	wantSound(t, s)
}

// move takes the writer's service of the round before away and puts the next.
func move(tx app.Tx, writer, round int) error {
	put := func(round int) app.Service {
		id := fmt.Sprintf("%d-%d", writer, round)
		return app.Service{ID: app.ID[app.Service](id), Instance: app.ID[app.Instance](fmt.Sprint(writer)), Name: id}
	}
	if round > 0 {
		if err := tx.Services().Delete(put(round - 1).ID); err != nil {
			return err
		}
	}
	return tx.Services().Put(put(round))
}

func readWhole(ctx context.Context, t *testing.T, s *Store) {
	for ctx.Err() == nil {
		view(t, s, func(r app.Reader) error {
			for writer := range 4 {
				found, err := keys(r.Services().By(app.ServiceByInstance, fmt.Sprint(writer)))
				if len(found) > 1 || err != nil {
					t.Errorf("writer %d has the services %q, %v", writer, found, err)
				}
			}
			return nil
		})
	}
}

func backUp(ctx context.Context, t *testing.T, s *Store) {
	for ctx.Err() == nil {
		if err := s.Backup(ctx, io.Discard); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("back up: %v", err)
		}
	}
}

func watchAll(t *testing.T, s *Store, count int) {
	for i, change := range changesAfter(t, s, 0, count) {
		if change.Revision != app.Revision(i+1) {
			t.Errorf("change %d has revision %d", i+1, change.Revision)
		}
	}
}
