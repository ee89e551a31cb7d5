package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"syscall"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// View implements app.Store. fn's error is returned as it is, and so is its panic.
func (s *Store) View(ctx context.Context, fn func(app.Reader) error) error {
	return s.view(ctx, func(t *transaction) error { return fn(reader{t}) })
}

// view is View for what is kept beside the tables, too.
func (s *Store) view(ctx context.Context, fn func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	return s.db.View(func(bolt *bbolt.Tx) error { return fn(&transaction{bolt: bolt}) })
}

// Update implements app.Store. It waits for its turn as long as ctx lasts; once fn has
// begun, only fn decides. fn's error is returned as it is; its panic goes on after all
// has been taken back.
func (s *Store) Update(ctx context.Context, fn func(app.Tx) error) error {
	return s.update(ctx, func(t *transaction) error { return fn(tx{t}) })
}

// Prove implements app.Store: it commits what Update would leave out, as nothing was written.
func (s *Store) Prove(ctx context.Context) error {
	return s.update(ctx, func(t *transaction) error {
		t.writes++
		return nil
	})
}

func (s *Store) update(ctx context.Context, fn func(*transaction) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-s.writer }()
	bolt, err := s.db.Begin(true)
	if err != nil {
		return fmt.Errorf("begin to write the store: %w", err)
	}
	defer func() { _ = bolt.Rollback() }() // after a commit it has nothing to take back
	return s.run(&transaction{bolt: bolt}, fn)
}

// takeTurn waits until no other Update runs.
func (s *Store) takeTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write the store: %w", err)
	}
	select {
	case s.writer <- struct{}{}:
		return nil
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("write the store: %w", ctx.Err())
	}
}

// run commits what fn wrote, if anything, and wakes those who watch.
func (s *Store) run(t *transaction, fn func(*transaction) error) error {
	if err := fn(t); err != nil {
		return err
	}
	if t.broken != nil || t.writes == 0 {
		return t.broken
	}
	if err := t.bolt.Commit(); errors.Is(err, syscall.ENOSPC) {
		return errFull
	} else if err != nil {
		return fmt.Errorf("commit to the store: %w", err)
	}
	s.bell.ring()
	return nil
}

// errFull says that a commit found no room. It left the store as it was: bbolt writes to
// pages that nothing refers to before it writes what refers to them.
var errFull = app.Fault(app.CodeFull, "The disk is full, so nothing was changed. Delete what nobody needs, or make the disk larger, and try again.")

// transaction is what the tables of one transaction share.
type transaction struct {
	bolt   *bbolt.Tx
	writes int   // how often anything was written; cursors from before have lost their place
	broken error // a write that failed half way; nothing may be committed any more
}

var errEnded = errors.New("the store was used after its transaction had ended")

// live refuses a transaction that has ended.
func (t *transaction) live() error {
	if t.bolt.DB() == nil {
		return errEnded
	}
	return nil
}

// write runs one write of several steps. When it fails, so does the transaction,
// whatever its closure makes of the error.
func (t *transaction) write(fn func() error) error {
	t.writes++
	if err := fn(); err != nil {
		t.broken = err
		return err
	}
	return nil
}

// walk yields a bucket's pairs whose key has the prefix, in order. What the loop's body
// writes or deletes ahead is seen as it is when the loop gets there. A pair is valid
// until the next write.
func (t *transaction) walk(bucket *bbolt.Bucket, prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		cursor := bucket.Cursor()
		key, value := cursor.Seek(prefix)
		for key != nil && bytes.HasPrefix(key, prefix) {
			here, writes := bytes.Clone(key), t.writes
			if !yield(key, value) {
				return
			}
			key, value = t.following(cursor, here, writes)
		}
	}
}

// following moves the cursor to the pair behind key, where it stood at that count of
// writes: a write since then may have torn it from its place.
func (t *transaction) following(cursor *bbolt.Cursor, key []byte, writes int) (next, value []byte) {
	if t.writes == writes {
		return cursor.Next()
	}
	return cursor.Seek(append(key, 0))
}
