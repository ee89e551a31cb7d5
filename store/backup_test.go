package store

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gondor/app"
)

func TestABackupIsTheStoreOfTheMomentItBegan(t *testing.T) {
	s := hundred(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.BackupFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx app.Tx) error { return tx.Sites().Delete("000") })
	copied := openCopy(t, path)
	wantUntouched(t, copied)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info, err)
	}
}

func TestWritersGoOnDuringABackup(t *testing.T) {
	s := hundred(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	next := 100
	err = s.Backup(t.Context(), writerFunc(func(p []byte) (int, error) {
		next++
		putSites(t, s, numbered(next)) // between any two pieces of the copy
		return file.Write(p)
	}))
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if next < 102 {
		t.Errorf("the copy came in %d pieces, this test needs more", next-100)
	}
	wantUntouched(t, openCopy(t, path))
	wantSound(t, s)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestABackupThatFailsLeavesWhatWasThere(t *testing.T) {
	s, dir := hundred(t), t.TempDir()
	path := filepath.Join(dir, "copy.db")
	if err := os.WriteFile(path, []byte("yesterday's"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if err := writeFile(path, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return full }); !errors.Is(err, full) {
		t.Errorf("it gave %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.BackupFile(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("it gave %v", err)
	}
	if got := string(readFile(t, path)); got != "yesterday's" {
		t.Errorf("the file holds %q", got)
	}
	if names := files(t, dir); !slices.Equal(names, []string{"copy.db"}) {
		t.Errorf("the directory holds %q", names)
	}
}

func TestABackupEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := hundred(t).Backup(ctx, writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	}))
	if !errors.Is(ctx.Err(), context.Canceled) || err == nil {
		t.Errorf("it gave %v", err)
	}
}

func TestABackupOntoTheStoreItselfIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	wantCode(t, s.BackupFile(t.Context(), filepath.Join(dir, FileName)), app.CodeInvalid)
	putSites(t, s, numbered(1))
	wantSound(t, s)
}
