package local

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// copyExecutable puts a copy of a program into a directory that everybody can enter,
// unless the same is there, and returns its path.
func copyExecutable(path, dir string) (_ string, err error) {
	target := filepath.Join(dir, cmp.Or(filepath.Base(path), "gondor"))
	if sameFile(path, target) {
		return target, nil
	}
	if err := makeDir(dir, 0o755); err != nil {
		return "", err
	}
	from, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("copy Gondor's binary: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := os.CreateTemp(dir, newPattern)
	if err != nil {
		return "", fmt.Errorf("copy Gondor's binary: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(to.Name()))) }()
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Chmod(0o755), to.Close()); err != nil {
		return "", fmt.Errorf("copy Gondor's binary: %w", err)
	}
	return target, errors.Join(keepTime(path, to.Name()), os.Rename(to.Name(), target))
}

// sameFile reports whether a copy is as old and as long as what it was made of.
func sameFile(path, other string) bool {
	a, err := os.Stat(path)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func keepTime(path, other string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Chtimes(other, info.ModTime(), info.ModTime())
}
