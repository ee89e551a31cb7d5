package store

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"gondor/app"
)

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

func update(t testing.TB, s *Store, fn func(app.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, s *Store, fn func(app.Reader) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

func putSites(t testing.TB, s *Store, sites ...app.Site) {
	t.Helper()
	update(t, s, func(tx app.Tx) error { return putAll(tx.Sites(), sites...) })
}

func putAll[T app.Record](table app.Table[T], records ...T) error {
	for _, record := range records {
		if err := table.Put(record); err != nil {
			return err
		}
	}
	return nil
}

// keys lists the keys of rows, or the error they ended with.
func keys[T app.Record](rows iter.Seq2[T, error]) ([]string, error) {
	var found []string
	for record, err := range rows {
		if err != nil {
			return found, err
		}
		found = append(found, record.Key())
	}
	return found, nil
}

func wantKeys[T app.Record](t testing.TB, rows iter.Seq2[T, error], want ...string) {
	t.Helper()
	found, err := keys(rows)
	if err != nil {
		t.Fatalf("read the rows: %v", err)
	}
	if !slices.Equal(found, want) {
		t.Errorf("the rows are %q, want %q", found, want)
	}
}

func wantCode(t testing.TB, err error, want app.Code) {
	t.Helper()
	if got := app.CodeOf(err); got != want {
		t.Errorf("the error is %v of code %q, want code %q", err, got, want)
	}
}

// wantSound fails unless every index holds exactly the entries of the stored records,
// the changes have no gaps, and bbolt finds its own pages in order.
func wantSound(t testing.TB, s *Store) {
	t.Helper()
	err := s.db.View(func(bolt *bbolt.Tx) error {
		for err := range bolt.Check() {
			t.Errorf("bbolt: %v", err)
		}
		for _, shape := range schema() {
			wantSoundTable(t, shape, bolt.Bucket(tablesBucket).Bucket([]byte(shape.noun)))
		}
		wantSoundChanges(t, &transaction{bolt: bolt})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func wantSoundTable(t testing.TB, shape shape, table *bbolt.Bucket) {
	t.Helper()
	want, got := map[string]bool{}, map[string]bool{}
	err := table.Bucket(recordsBucket).ForEach(func(key, raw []byte) error {
		entries, err := shape.entries(string(key), raw)
		for _, e := range entries {
			want[e.index+": "+string(e.key)] = true
		}
		return err
	})
	if err != nil {
		t.Errorf("read the table %s: %v", shape.noun, err)
	}
	for _, index := range shape.indexes {
		for key := range (&transaction{bolt: table.Tx()}).walk(table.Bucket(indexesBucket).Bucket([]byte(index.Name)), nil) {
			got[index.Name+": "+string(key)] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the indexes of %s hold %v, its records say %v", shape.noun, got, want)
	}
}

func wantSoundChanges(t testing.TB, tx *transaction) {
	t.Helper()
	newest := tx.revision()
	kept := min(newest, keptChanges)
	changes, err := tx.after(newest-kept, int(kept)+1)
	if err != nil || len(changes) != int(kept) {
		t.Errorf("%d changes are kept of revision %d, %v", len(changes), newest, err)
	}
}

// changesAfter reads so many changes from a Watch and leaves it.
func changesAfter(t testing.TB, s *Store, since app.Revision, count int) []app.Change {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var changes []app.Change
	for change, err := range s.Watch(ctx, since) {
		if err != nil {
			t.Fatalf("watch: %v", err)
		}
		if changes = append(changes, change); len(changes) == count {
			return changes
		}
	}
	t.Fatalf("the watch ended after %d of %d changes", len(changes), count)
	return nil
}

// within receives from the channel or fails after ten seconds.
func within[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(10 * time.Second):
		t.Fatalf("ten seconds have passed without: %s", what)
		panic("unreachable")
	}
}
