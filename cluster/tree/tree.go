package tree

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Each calls fn for a directory and everything below it, a directory before what it
// holds, names in order, and never leaves it. The first error ends it and is returned.
func Each(dir string, fn func(Place) error) error {
	return walk{fn: fn, missed: itself}.begin(dir)
}

// EachAtOnce is Each for an fn that is safe for concurrent use: it calls it from as many
// goroutines as there are processors, for a directory before what it holds and otherwise
// in no order. After an error it may be called some times more.
func EachAtOnce(dir string, fn func(Place) error) error {
	var walkers errgroup.Group
	walkers.SetLimit(runtime.GOMAXPROCS(0))
	walkers.Go(func() error { return walk{fn: fn, missed: itself, walkers: &walkers}.begin(dir) })
	return walkers.Wait()
}

func itself(err error) error { return err }

// walk is a way through a tree.
type walk struct {
	fn      func(Place) error
	missed  func(error) error // what follows from a thing that can't be looked at
	walkers *errgroup.Group   // in which others can go on below, nil for none
}

func (w walk) begin(dir string) error {
	root, err := openDirectory(unix.AT_FDCWD, dir)
	if err != nil {
		return w.missed(fmt.Errorf("open %s: %w", dir, err))
	}
	defer func() { _ = root.Close() }() // it was only read
	top, err := look(int(root.Fd()), ".", ".")
	if err != nil {
		return w.missed(err)
	}
	if err := w.fn(top); err != nil {
		return err
	}
	return w.in(root, ".")
}

func (w walk) in(dir *os.File, path string) error {
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return w.missed(fmt.Errorf("read the directory %s: %w", path, err))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	at := int(dir.Fd())
	for _, entry := range entries {
		p, err := look(at, entry.Name(), filepath.Join(path, entry.Name()))
		if err != nil {
			err = w.missed(err)
		} else {
			err = w.at(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w walk) at(p Place) error {
	if err := w.fn(p); err != nil || !p.Info.Mode.IsDir() {
		return err
	}
	below, err := openDirectory(p.dir, p.name)
	if err != nil {
		return w.missed(fmt.Errorf("open %s: %w", p.Path, err))
	}
	enter := func() error {
		defer func() { _ = below.Close() }() // it was only read
		return w.in(below, p.Path)
	}
	if w.walkers != nil && w.walkers.TryGo(enter) {
		return nil
	}
	return enter()
}

// RemoveAll removes a tree; a directory that its owner made unwritable is no obstacle.
func RemoveAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil || os.Geteuid() == 0 { // root needs no permission
		return err
	}
	_ = os.Chmod(dir, 0o700)
	_ = Each(dir, func(p Place) error {
		if p.Info.Mode.IsDir() {
			return unix.Fchmodat(p.dir, p.name, 0o700, 0)
		}
		return nil
	}) // RemoveAll says what is left
	return os.RemoveAll(dir)
}
