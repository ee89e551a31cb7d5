package tree

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Link makes a directory that holds the same as another: directories of its own, which
// belong to a user and a group, and in them the same files and links under another name.
// Nothing may be at to, and nobody else may be able to write above it. When it fails, a
// part of it may be there.
func Link(from, to string, uid, gid int) error {
	return Each(from, func(p Place) error {
		at := filepath.Join(to, p.Path)
		var err error
		if p.Info.Mode.IsDir() {
			err = makeFor(at, uid, gid)
		} else {
			err = unix.Linkat(p.dir, p.name, unix.AT_FDCWD, at, 0)
		}
		if err != nil {
			return fmt.Errorf("give %s another name: %w", p.Path, err)
		}
		return nil
	})
}

func makeFor(dir string, uid, gid int) error {
	if err := unix.Mkdir(dir, 0o750); err != nil {
		return err
	}
	return unix.Lchown(dir, uid, gid)
}
