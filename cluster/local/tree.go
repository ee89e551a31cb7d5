package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gondor/app"
	"gondor/cluster/hide"
	"gondor/cluster/local/supervisor"
)

// usage returns the bytes that directories take on disk. What disappears meanwhile does
// not count.
func usage(ctx context.Context, dirs ...string) (total int64) {
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

// place is one thing in a tree: its directory is root, so that what is done to it takes
// one step however deep it lies.
type place struct {
	root *os.Root
	name string // in root
	path string // in the tree
	info fs.FileInfo
}

// each calls fn for a directory and everything below it, a directory before what it
// holds, and never leaves it.
func each(dir string, fn func(place) error) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	info, err := root.Lstat(".")
	if err != nil {
		return err
	}
	if err := fn(place{root, ".", ".", info}); err != nil {
		return err
	}
	return eachIn(root, ".", fn)
}

func eachIn(root *os.Root, path string, fn func(place) error) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		p := place{root, entry.Name(), filepath.Join(path, entry.Name()), info}
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

func (p place) descend(fn func(place) error) error {
	below, err := p.root.OpenRoot(p.name)
	if err != nil {
		return err
	}
	defer func() { _ = below.Close() }() // only a handle
	return eachIn(below, p.path, fn)
}

// hand gives a tree to a user.
func hand(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return each(dir, func(p place) error { return p.root.Lchown(p.name, who.UID, who.GID) })
}

// seal takes a tree away from who built it: from now on its group reads it and nobody
// but root changes it.
func seal(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return each(dir, func(p place) error {
		if err := p.root.Lchown(p.name, 0, who.GID); err != nil {
			return err
		}
		switch mode := p.info.Mode(); {
		case mode.IsDir(), mode.IsRegular() && mode&0o100 != 0:
			return p.root.Chmod(p.name, 0o750)
		case mode.IsRegular():
			return p.root.Chmod(p.name, 0o640)
		default:
			return nil
		}
	})
}

// search looks for secrets in the files of a tree. It returns an error of CodeFailed that
// names the first file that holds one.
func search(ctx context.Context, dir string, s hide.Secrets) error {
	if len(s) == 0 {
		return nil
	}
	f, buffer := hide.NewFinder(s), make([]byte, 256<<10)
	return each(dir, func(p place) error {
		if !p.info.Mode().IsRegular() || ctx.Err() != nil {
			return ctx.Err()
		}
		f.Reset()
		if err := p.readInto(f, buffer); err != nil {
			return fmt.Errorf("search %s for variables: %w", p.path, err)
		}
		if len(f.Found) > 0 {
			return app.Fault(app.CodeFailed, "the build left the value of one of its variables in %s; such values may not be in what is deployed: remove the file in a step, or set the variable for the site's processes instead", p.path)
		}
		return nil
	})
}

func (p place) readInto(w io.Writer, buffer []byte) (err error) {
	f, err := p.root.Open(p.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.CopyBuffer(w, struct{ io.Reader }{f}, buffer) // the file alone would make a buffer of its own
	return err
}
