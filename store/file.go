package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeFile makes the file at path, of mode 0600, with what write gives it: written
// beside, made durable, and then put in its place. When it fails, what was at path is
// untouched and nothing is left beside it.
func writeFile(path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("make a file beside %s: %w", path, err)
	}
	err = errors.Join(fill(file, write), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
	}
	return syncDirectory(dir)
}

func fill(file *os.File, write func(io.Writer) error) error {
	if err := write(file); err != nil {
		return err
	}
	return file.Sync()
}

// syncDirectory makes the names of the directory's files durable.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the directory: %w", err)
	}
	return nil
}
