package store

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// wantUntouched fails unless the store still holds exactly the hundred of hundred.
func wantUntouched(t *testing.T, s *Store) {
	t.Helper()
	view(t, s, func(r app.Reader) error {
		found, err := keys(r.Sites().Each())
		if len(found) != 100 {
			t.Errorf("%d sites are stored, want 100", len(found))
		}
		return err
	})
	if revision, err := s.Revision(t.Context()); revision != 100 || err != nil {
		t.Errorf("the revision is %d, %v, want 100", revision, err)
	}
	wantSound(t, s)
}

func TestAnUpdateThatFailsLeavesNoTrace(t *testing.T) {
	s, failed := hundred(t), errors.New("changed my mind")
	err := s.Update(t.Context(), func(tx app.Tx) error {
		_, next := tx.Sites().Next()
		return errors.Join(next, tx.Sites().Put(numbered(200)), tx.Sites().Delete("000"), failed)
	})
	if !errors.Is(err, failed) {
		t.Errorf("the update gave %v", err)
	}
	wantUntouched(t, s)
}

func TestProvingThatChangesCanBeWrittenWritesAndChangesNothing(t *testing.T) {
	s := hundred(t)
	commits := func() (id int) {
		if err := s.db.View(func(bolt *bbolt.Tx) error {
			id = bolt.ID()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	before := commits()
	update(t, s, func(app.Tx) error { return nil })
	if after := commits(); after != before {
		t.Errorf("an update without a change is written: transaction %d after %d", after, before)
	}
	if err := s.Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := commits(); after != before+1 {
		t.Errorf("transaction %d follows %d", after, before)
	}
	wantUntouched(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Prove(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone is told %v", err)
	}
}

func TestAPanicTakesEverythingBackAndGoesOn(t *testing.T) {
	s := hundred(t)
	caught := func(run func()) (cause any) {
		defer func() { cause = recover() }()
		run()
		return nil
	}
	if cause := caught(func() {
		_ = s.Update(t.Context(), func(tx app.Tx) error {
			_ = tx.Sites().Delete("000")
			panic("in update")
		})
	}); cause != "in update" {
		t.Errorf("the update's panic came out as %v", cause)
	}
	if cause := caught(func() {
		_ = s.View(t.Context(), func(app.Reader) error { panic("in view") })
	}); cause != "in view" {
		t.Errorf("the view's panic came out as %v", cause)
	}
	wantUntouched(t, s)
}

func TestAGoroutineThatExitsWithinAnUpdateTakesEverythingBack(t *testing.T) {
	s, done := hundred(t), make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Update(t.Context(), func(tx app.Tx) error {
			_ = tx.Sites().Delete("000")
			runtime.Goexit()
			return nil
		})
	}()
	within(t, "the end of the goroutine", done)
	wantUntouched(t, s)
}

func TestAWriteThatFailsHalfWayFailsTheUpdate(t *testing.T) {
	s, broken := hundred(t), errors.New("half way")
	err := s.update(t.Context(), func(tr *transaction) error {
		_ = table[app.Site]{tr, site}.Delete("000")
		_ = tr.write(func() error { return broken })
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("the update gave %v", err)
	}
	wantUntouched(t, s)
}

func TestAContextThatHasEndedStartsNothing(t *testing.T) {
	s := hundred(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func() error { t.Error("the closure ran"); return nil }
	_, revision := s.Revision(ctx)
	_, opened := Open(ctx, t.TempDir(), s.log)
	errs := map[string]error{
		"View":     s.View(ctx, func(app.Reader) error { return never() }),
		"Update":   s.Update(ctx, func(app.Tx) error { return never() }),
		"Revision": revision,
		"Open":     opened,
	}
	for name, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

func TestAnUpdateStopsWaitingForItsTurnWhenItsContextEnds(t *testing.T) {
	s := hundred(t)
	ctx, cancel := context.WithCancel(t.Context())
	update(t, s, func(app.Tx) error {
		result := make(chan error, 1)
		go func() { result <- s.Update(ctx, func(app.Tx) error { return nil }) }()
		cancel()
		if err := within(t, "the second update's end", result); !errors.Is(err, context.Canceled) {
			t.Errorf("the waiting update gave %v", err)
		}
		return nil
	})
	wantUntouched(t, s)
}

func TestAViewKeepsItsStateAndHoldsUpNoWriter(t *testing.T) {
	s := hundred(t)
	view(t, s, func(r app.Reader) error {
		long := make([]byte, 1<<20)
		for i := range 8 { // outgrows what a small map of the file would hold, many times
			update(t, s, func(tx app.Tx) error {
				return tx.Variables().Put(app.Variable{ID: app.NewID[app.Variable](time.Now()), Name: numbered(i).Name, Value: long})
			})
		}
		wantKeys(t, r.Variables().Each())
		return nil
	})
	wantSound(t, s)
}

func TestAClosedStoreRefusesAndClosesAgain(t *testing.T) {
	s := openStore(t, t.TempDir())
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, revision := s.Revision(t.Context())
	wantCode(t, revision, app.CodeUnavailable)
	wantCode(t, s.View(t.Context(), func(app.Reader) error { return nil }), app.CodeUnavailable)
	wantCode(t, s.Update(t.Context(), func(app.Tx) error { return nil }), app.CodeUnavailable)
	wantCode(t, s.Backup(t.Context(), nil), app.CodeUnavailable)
}

func TestCloseWaitsForWhatRunsAndTurnsAwayWhatWaits(t *testing.T) {
	s := openStore(t, t.TempDir())
	running, closed := make(chan struct{}), make(chan error, 1)
	go func() {
		<-running
		closed <- s.Close()
	}()
	update(t, s, func(tx app.Tx) error {
		if err := s.enter(); err != nil { // as an Update does that then waits for its turn
			return err
		}
		close(running)
		wantCode(t, s.takeTurn(t.Context()), app.CodeUnavailable)
		s.running.Done()
		wantCode(t, s.View(t.Context(), func(app.Reader) error { return nil }), app.CodeUnavailable)
		return tx.Sites().Put(numbered(1)) // the file is still open
	})
	if err := within(t, "the end of Close", closed); err != nil {
		t.Error(err)
	}
}
