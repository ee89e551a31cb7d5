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

// each calls fn for everything below a directory, and never leaves it.
func each(dir string, fn func(root *os.Root, name string, info fs.FileInfo) error) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return fn(root, name, info)
	})
}

// hand gives a tree to a user.
func hand(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return each(dir, func(root *os.Root, name string, _ fs.FileInfo) error {
		return root.Lchown(name, who.UID, who.GID)
	})
}

// seal takes a tree away from who built it: from now on its group reads it and nobody
// but root changes it.
func seal(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return each(dir, func(root *os.Root, name string, info fs.FileInfo) error {
		if err := root.Lchown(name, 0, who.GID); err != nil {
			return err
		}
		switch {
		case info.IsDir():
			return root.Chmod(name, 0o750)
		case info.Mode()&0o100 != 0 && info.Mode().IsRegular():
			return root.Chmod(name, 0o750)
		case info.Mode().IsRegular():
			return root.Chmod(name, 0o640)
		default:
			return nil
		}
	})
}

// search looks for secrets in the files of a tree. It returns an error of CodeFailed that
// names the first file that holds one.
func search(ctx context.Context, dir string, s secrets) error {
	if len(s) == 0 {
		return nil
	}
	return each(dir, func(root *os.Root, name string, info fs.FileInfo) error {
		if !info.Mode().IsRegular() || ctx.Err() != nil {
			return ctx.Err()
		}
		f := newFinder(s)
		if err := readInto(f, root, name); err != nil {
			return fmt.Errorf("search %s for variables: %w", name, err)
		}
		if len(f.found) > 0 {
			return app.Fault(app.CodeFailed, "the build left the value of one of its variables in %s; such values may not be in what is deployed: remove the file in a step, or set the variable for the site's processes instead", name)
		}
		return nil
	})
}

func readInto(w io.Writer, root *os.Root, name string) (err error) {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(w, f)
	return err
}
