package local

import (
	"context"

	"gondor/cluster/hide"
	"gondor/cluster/local/supervisor"
	"gondor/cluster/tree"
)

// hand gives a tree to a user.
func hand(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return tree.Each(dir, func(p tree.Place) error { return p.Root.Lchown(p.Name, who.UID, who.GID) })
}

// seal takes a tree away from who built it: from now on its group reads it and nobody
// but root changes it.
func seal(dir string, who identity) error {
	if who.UID == supervisor.Same {
		return nil
	}
	return tree.Each(dir, func(p tree.Place) error {
		if err := p.Root.Lchown(p.Name, 0, who.GID); err != nil {
			return err
		}
		switch mode := p.Info.Mode(); {
		case mode.IsDir(), mode.IsRegular() && mode&0o100 != 0:
			return p.Root.Chmod(p.Name, 0o750)
		case mode.IsRegular():
			return p.Root.Chmod(p.Name, 0o640)
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
	return tree.Search(ctx, dir, hide.NewFinder(s))
}
