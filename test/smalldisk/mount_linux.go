package smalldisk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gondor/cluster/tree"
)

// Mount returns a directory on an empty file system in memory of so many bytes, which is
// unmounted when the test ends. Only root can: it skips the test otherwise.
func Mount(t *testing.T, size int64) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a disk of its own takes root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0755", size)); err != nil {
		if errors.Is(err, unix.EPERM) {
			t.Skip("this system lets nobody mount a disk")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return dir
}

// Free returns how many bytes of the disk of a directory are free.
func Free(t *testing.T, dir string) int64 {
	t.Helper()
	_, free, err := tree.Space(dir)
	if err != nil {
		t.Fatal(err)
	}
	return free
}

// Fill writes a file that takes all that is free on the disk of dir. Removing the file
// that it returns makes room again.
func Fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "hog")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err := f.Write(block); errors.Is(err, unix.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
