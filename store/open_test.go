package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"gondor/app"
)

func TestOpenMakesADirectoryAndAFileOfItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	openStore(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, FileName): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestASecondGondorIsRefusedAndTheFirstGoesOn(t *testing.T) {
	dir := t.TempDir()
	first := openStore(t, dir)
	_, err := Open(t.Context(), dir, first.log)
	wantCode(t, err, app.CodeUnavailable)
	if !strings.Contains(err.Error(), "another Gondor is using the store") {
		t.Errorf("the refusal says %q", err)
	}
	putSites(t, first, numbered(1))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openStore(t, dir)
}

func TestANewerStoreIsRefusedAndLeftAsItWas(t *testing.T) {
	dir := t.TempDir()
	path := writeNewer(t, dir)
	before := readFile(t, path)
	_, err := Open(t.Context(), dir, nil)
	wantCode(t, err, app.CodeConflict)
	for _, word := range []string{"version 3", "up to 1", "run the newer Gondor"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the refusal %q does not say %q", err, word)
		}
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the file has changed")
	}
	if names := files(t, dir); !slices.Equal(names, []string{FileName}) {
		t.Errorf("the directory holds %q", names)
	}
}

// writeNewer makes a store of version 3 in dir.
func writeNewer(t *testing.T, dir string) string {
	s := openStore(t, dir)
	nothing := func(*bbolt.Tx) error { return nil }
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	newer, err := open(t.Context(), dir, s.log, append(migrations(), migration{"two", nothing}, migration{"three", nothing}))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(newer.Close(), os.Remove(filepath.Join(dir, "gondor-v1.db"))); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, FileName)
}

func TestAnOlderStoreIsCopiedAndMigrated(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	putSites(t, s, numbered(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rename := migration{"rename the site", func(bolt *bbolt.Tx) error {
		return table[app.Site]{&transaction{bolt: bolt}, site}.Put(app.Site{ID: "001", Group: "g", Name: "renamed"})
	}}
	for range 2 { // the second time there is nothing left to do
		newer, err := open(t.Context(), dir, s.log, append(migrations(), rename))
		if err != nil {
			t.Fatal(err)
		}
		view(t, newer, func(r app.Reader) error {
			wantKeys(t, r.Sites().By(app.SiteByName, "g/renamed"), "001")
			return nil
		})
		wantSound(t, newer)
		if err := newer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	old := openCopy(t, filepath.Join(dir, "gondor-v1.db"))
	view(t, old, func(r app.Reader) error {
		wantKeys(t, r.Sites().By(app.SiteByName, "g/001"), "001")
		return nil
	})
}

// openCopy opens a store from a copy of its file.
func openCopy(t *testing.T, path string) *Store {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), readFile(t, path), 0o600); err != nil {
		t.Fatal(err)
	}
	return openStore(t, dir)
}

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	putSites(t, s, numbered(1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	half := migration{"lose the tables", func(bolt *bbolt.Tx) error {
		return errors.Join(bolt.DeleteBucket(tablesBucket), errors.New("half way"))
	}}
	if _, err := open(t.Context(), dir, s.log, append(migrations(), half)); err == nil || !strings.Contains(err.Error(), "version 2, lose the tables") {
		t.Errorf("the upgrade gave %v", err)
	}
	view(t, openStore(t, dir), func(r app.Reader) error {
		wantKeys(t, r.Sites().Each(), "001")
		return nil
	})
}

func TestIndexesThatAreNotAsTheNounsSayAreMadeAnew(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	putSites(t, s, numbered(1), numbered(2))
	err := s.db.Update(func(bolt *bbolt.Tx) error { // as a Gondor with other indexes would have left it
		sites := bolt.Bucket(tablesBucket).Bucket([]byte(site))
		return errors.Join(
			sites.Put(shapeKey, []byte("colour")), sites.DeleteBucket(indexesBucket),
			bolt.Bucket(tablesBucket).DeleteBucket([]byte(host)),
		)
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir)
	view(t, s, func(r app.Reader) error {
		wantKeys(t, r.Sites().By(app.SiteByGroup, "g"), "001", "002")
		wantKeys(t, r.Hosts().Each())
		return nil
	})
	wantSound(t, s)
}

func TestADamagedOrForeignFileIsRefusedWithASentence(t *testing.T) {
	whole := wholeStore(t)
	foreign := foreignFile(t)
	refused := map[string][]byte{
		"a text":                    []byte(strings.Repeat("hello ", 10_000)),
		"a few bytes":               []byte("x"),
		"another program's buckets": foreign,
	}
	for length := 1; length*os.Getpagesize() < len(whole); length++ {
		refused[fmt.Sprintf("a store cut off after %d pages", length)] = whole[:length*os.Getpagesize()]
	}
	for name, contents := range refused {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, FileName)
			if err := os.WriteFile(path, contents, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), dir, nil)
			wantCode(t, err, app.CodeConflict)
			if !bytes.Equal(contents, readFile(t, path)) {
				t.Error("the file has changed")
			}
			_, err = Open(t.Context(), dir, nil)
			wantCode(t, err, app.CodeConflict) // and not locked by the first try
		})
	}
}

// wholeStore returns the bytes of a store that ends in pages of a long record.
func wholeStore(t *testing.T) []byte {
	s := hundred(t)
	for i := range 3 { // the list of free pages finds room further in front
		update(t, s, func(tx app.Tx) error {
			return tx.Variables().Put(app.Variable{ID: app.ID[app.Variable](numbered(i).ID), Name: numbered(i).Name, Value: make([]byte, 60_000)})
		})
	}
	var copied bytes.Buffer
	if err := s.Backup(t.Context(), &copied); err != nil {
		t.Fatal(err)
	}
	return copied.Bytes()
}

func foreignFile(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(bolt *bbolt.Tx) error {
		_, err := bolt.CreateBucket([]byte("widgets"))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return readFile(t, path)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	contents, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// files lists the names in a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
