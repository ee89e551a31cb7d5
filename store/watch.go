package store

import (
	"context"
	"iter"
	"sync"

	"gondor/app"
)

// watchBatch is how many changes Watch reads at a time.
const watchBatch = 256

// Revision implements app.Store.
func (s *Store) Revision(ctx context.Context) (revision app.Revision, err error) {
	err = s.view(ctx, func(t *transaction) error {
		revision = t.revision()
		return nil
	})
	return revision, err
}

// Watch implements app.Store. It ends without an error when ctx ends or the store is
// closed. The loop's body may use the store: no transaction is open while it runs. A
// since that is newer than the store, as after a backup was put back, is compacted too.
func (s *Store) Watch(ctx context.Context, since app.Revision) iter.Seq2[app.Change, error] {
	return func(yield func(app.Change, error) bool) {
		for next := since; ; {
			rung := s.bell.next() // before reading, so that no change falls between
			changes, err := s.after(ctx, next)
			if s.over(ctx) {
				return
			}
			if err != nil {
				yield(app.Change{}, err)
				return
			}
			for _, change := range changes {
				if ctx.Err() != nil || !yield(change, nil) {
					return
				}
				next = change.Revision
			}
			if len(changes) == 0 && !s.await(ctx, rung) {
				return
			}
		}
	}
}

func (s *Store) after(ctx context.Context, since app.Revision) (changes []app.Change, err error) {
	err = s.view(ctx, func(t *transaction) error {
		changes, err = t.after(since, watchBatch)
		return err
	})
	return changes, err
}

// over reports whether ctx has ended or the store is closed.
func (s *Store) over(ctx context.Context) bool {
	select {
	case <-s.closed:
		return true
	default:
		return ctx.Err() != nil
	}
}

// await reports whether the bell rang before ctx ended or the store was closed.
func (s *Store) await(ctx context.Context, rung <-chan struct{}) bool {
	select {
	case <-rung:
		return true
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}

// bell wakes all who wait for its next ring. It is safe for concurrent use.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

// next returns a channel that is closed at the next ring.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.rung)
	b.rung = make(chan struct{})
}
