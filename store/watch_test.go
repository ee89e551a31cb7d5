package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gondor/app"
)

func TestChangesTellWhatWasWrittenAndDeletedInOrder(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		return errors.Join(
			tx.Sites().Put(app.Site{ID: "s", Name: "a"}),
			tx.Instances().Put(app.Instance{ID: "i", Label: "l", Domain: "d"}),
			tx.Services().Put(app.Service{ID: "w", Instance: "i", Name: "web"}),
			tx.Services().Delete("w"),
		)
	})
	want := []app.Change{
		{Revision: 1, Noun: "site", Key: "s"},
		{Revision: 2, Noun: "instance", Key: "i", Instance: "i"},
		{Revision: 3, Noun: "service", Key: "w", Instance: "i"},
		{Revision: 4, Noun: "service", Key: "w", Instance: "i", Deleted: true},
	}
	for since := range want {
		if got := changesAfter(t, s, app.Revision(since), 4-since); fmt.Sprint(got) != fmt.Sprint(want[since:]) {
			t.Errorf("after %d come %v, want %v", since, got, want[since:])
		}
	}
}

func TestAPutThatChangesNothingIsNoChange(t *testing.T) {
	s := openStore(t, t.TempDir())
	for range 3 {
		putSites(t, s, numbered(1))
	}
	if revision, err := s.Revision(t.Context()); revision != 1 || err != nil {
		t.Errorf("the revision is %d, %v, want 1", revision, err)
	}
}

func TestRevisionsGoOnAfterOpeningAgain(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	putSites(t, s, numbered(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir)
	putSites(t, s, numbered(2))
	if got := changesAfter(t, s, 1, 1)[0]; got.Revision != 2 || got.Key != "002" {
		t.Errorf("the change after the first is %v", got)
	}
}

func TestOnlyTheNewestChangesAreKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		for i := range keptChanges + 3 {
			if err := tx.Sites().Put(app.Site{ID: "s", Name: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, since := range []app.Revision{0, 2, keptChanges + 4} { // forgotten, just forgotten, never written
		if err := firstError(t, s, since); !errors.Is(err, app.ErrCompacted) {
			t.Errorf("watching from %d gave %v", since, err)
		}
	}
	got := changesAfter(t, s, 3, keptChanges)
	if got[0].Revision != 4 || got[keptChanges-1].Revision != keptChanges+3 {
		t.Errorf("the changes kept are %v to %v", got[0], got[keptChanges-1])
	}
	wantSound(t, s)
}

// firstError is what a Watch yields first, the error of its context when that is nothing.
func firstError(t *testing.T, s *Store, since app.Revision) error {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, err := range s.Watch(ctx, since) {
		return err
	}
	return ctx.Err()
}

func TestAWatchWaitsForWhatComesAndItsLoopMayWrite(t *testing.T) {
	s := openStore(t, t.TempDir())
	seen := make(chan app.Change)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(seen)
		for change, err := range s.Watch(ctx, 0) {
			if err != nil {
				t.Error(err)
			}
			seen <- change
			if change.Key == "002" {
				putSites(t, s, numbered(3))
			}
		}
	}()
	for i := 1; i <= 2; i++ {
		putSites(t, s, numbered(i))
		if got := within(t, "a change", seen); got.Key != numbered(i).Key() {
			t.Errorf("the change is %v", got)
		}
	}
	if got := within(t, "the loop's own change", seen); got.Key != "003" {
		t.Errorf("the change is %v", got)
	}
	cancel()
	if got := within(t, "the end of the watch", seen); got.Revision != 0 {
		t.Errorf("after the end came %v", got)
	}
}

func TestAnUpdateThatFailsIsNotWatched(t *testing.T) {
	s := openStore(t, t.TempDir())
	_ = s.Update(t.Context(), func(tx app.Tx) error {
		return errors.Join(tx.Sites().Put(numbered(1)), errors.New("no"))
	})
	putSites(t, s, numbered(2))
	if got := changesAfter(t, s, 0, 1)[0]; got.Key != "002" || got.Revision != 1 {
		t.Errorf("the first change is %v", got)
	}
}

func TestClosingTheStoreEndsEveryWatch(t *testing.T) {
	s := openStore(t, t.TempDir())
	putSites(t, s, numbered(1))
	began, ended := make(chan struct{}), make(chan error, 4)
	for range 4 {
		go func() {
			for _, err := range s.Watch(t.Context(), 0) {
				began <- struct{}{}
				if err != nil {
					ended <- err
				}
			}
			ended <- nil
		}()
		within(t, "the first change", began)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := within(t, "the end of a watch", ended); err != nil {
			t.Errorf("the watch ended with %v", err)
		}
	}
}
