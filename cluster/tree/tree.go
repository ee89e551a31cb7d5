package tree

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Usage returns the bytes that directories take on disk. What disappears meanwhile does
// not count. When ctx ends it returns what it has counted.
func Usage(ctx context.Context, dirs ...string) (total int64) {
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil || ctx.Err() != nil {
				return ctx.Err()
			}
			if info, err := entry.Info(); err == nil {
				total += onDisk(info)
			}
			return nil
		}) // it fails only with ctx
	}
	return total
}

func onDisk(info fs.FileInfo) int64 {
	const block = 512 // what st_blocks counts in, stat(2)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Blocks * block
	}
	return info.Size()
}

// Place is one thing in a tree: its directory is Root, so that what is done to it takes
// one step however deep it lies. Root is open until the function that got the Place
// returns.
type Place struct {
	Root *os.Root
	Name string // in Root
	Path string // in the tree
	Info fs.FileInfo
}

// Each calls fn for a directory and everything below it, a directory before what it
// holds, names in order, and never leaves it. The first error ends it and is returned.
func Each(dir string, fn func(Place) error) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	info, err := root.Lstat(".")
	if err != nil {
		return err
	}
	if err := fn(Place{root, ".", ".", info}); err != nil {
		return err
	}
	return eachIn(root, ".", fn)
}

func eachIn(root *os.Root, path string, fn func(Place) error) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		p := Place{root, entry.Name(), filepath.Join(path, entry.Name()), info}
		if err := fn(p); err != nil {
			return err
		}
		if info.IsDir() {
			if err := p.descend(fn); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p Place) descend(fn func(Place) error) error {
	below, err := p.Root.OpenRoot(p.Name)
	if err != nil {
		return err
	}
	defer func() { _ = below.Close() }() // only a handle
	return eachIn(below, p.Path, fn)
}

// CopyTo writes the contents of a file to w by way of the buffer.
func (p Place) CopyTo(w io.Writer, buffer []byte) (err error) {
	f, err := p.Root.Open(p.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{f}, buffer) // either alone would make a buffer of its own
	return err
}

// RemoveAll removes a tree; a directory that its owner made unwritable is no obstacle.
func RemoveAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	_ = Each(dir, func(p Place) error {
		if p.Info.IsDir() {
			return p.Root.Chmod(p.Name, 0o700)
		}
		return nil
	}) // RemoveAll says what is left
	return os.RemoveAll(dir)
}
