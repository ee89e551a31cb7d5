package local

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"gondor/cluster/hide"
	"gondor/cluster/local/supervisor"
	"gondor/cluster/tree"
)

// hand gives a tree to a user.
func hand(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return tree.Each(dir, func(p tree.Place) error { return p.Chown(who.UID, who.GID) })
}

// finishing is the one walk through what the steps of a build have made: it is searched
// for secrets, measured, and taken away from who built it. It is safe for concurrent use.
type finishing struct {
	who      identity
	searches *sync.Pool   // of *tree.Search, nil when there is nothing to look for
	size     atomic.Int64 // what was walked through so far takes on disk
}

// finish walks through a tree and returns how many bytes it takes on disk. It fails with
// CodeFailed, and names the file, when a secret is left in one. Then, or when ctx ends, a
// part of the tree may be sealed.
func finish(ctx context.Context, dir string, who identity, s hide.Secrets) (int64, error) {
	f := &finishing{who: who}
	if len(s) > 0 {
		f.searches = &sync.Pool{New: func() any { return tree.NewSearch(hide.NewFinder(s)) }}
	}
	err := tree.EachAtOnce(dir, func(p tree.Place) error { return cmp.Or(ctx.Err(), f.place(p)) })
	return f.size.Load(), err
}

func (f *finishing) place(p tree.Place) error {
	f.size.Add(p.Info.OnDisk)
	searches := p.Info.Mode.IsRegular() && f.searches != nil
	seals := f.who.UID != supervisor.Same
	switch {
	case !searches && !seals, seals && isSealed(p.Info):
		return nil
	case !p.Info.Mode.IsRegular() && !p.Info.Mode.IsDir():
		return p.Chown(0, f.who.GID)
	}
	return p.Open(func(file *tree.File) error {
		if searches {
			search := f.searches.Get().(*tree.Search)
			defer f.searches.Put(search)
			if err := search.File(p, file); err != nil {
				return err
			}
		}
		if seals {
			return f.seal(p, file)
		}
		return nil
	})
}

// isSealed reports whether a file was taken over from an artifact: what a build makes is
// the site's, and only root gives files away.
func isSealed(info tree.Info) bool {
	return info.Mode.IsRegular() && info.Names > 1 && info.UID == 0
}

// seal makes a file or directory one that the site's group reads and nobody but root
// changes. What others may do is no matter, as they can't pass the tree's own directory.
func (f *finishing) seal(p tree.Place, file *tree.File) error {
	mode := fs.FileMode(0o640)
	if p.Info.Mode.IsDir() || p.Info.Mode&0o100 != 0 {
		mode = 0o750
	}
	err := file.Chown(0, f.who.GID) // takes what a set-ID bit gave away, too
	if p.Path == "." || p.Info.Mode.Perm()&^0o007 != mode {
		err = cmp.Or(err, file.Chmod(mode))
	}
	if err != nil {
		return fmt.Errorf("seal %s: %w", p.Path, err)
	}
	return nil
}
