// Package unpack writes the source of a build to a directory.
package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"gondor/app"
)

// Tar writes the tree of a checked tar below a directory, for its owner alone to
// write. It leaves the directory under no circumstances and refuses to write more than
// the limit of bytes.
func Tar(source io.Reader, dir string, limit int64) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack the source: %w", err)
	}
	defer func() { _ = root.Close() }() // only a handle
	files := tar.NewReader(source)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, source) // its padding, so that whoever sends it can end
			return err
		}
		if err != nil {
			return fmt.Errorf("read the source: %w", err)
		}
		if limit -= header.Size; limit < 0 {
			return app.Fault(app.CodeFailed, "the source is larger than a build may be")
		}
		if err := unpackOne(root, header, files); err != nil {
			return fmt.Errorf("unpack %q: %w", header.Name, err)
		}
	}
}

func unpackOne(root *os.Root, header *tar.Header, contents io.Reader) error {
	name := path.Clean(header.Name)
	if header.Typeflag != tar.TypeDir {
		_ = root.Remove(name) // what comes later in a tar wins; if it can't, creating it says so
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		return root.Link(path.Clean(header.Linkname), name)
	case tar.TypeReg:
		return unpackFile(root, name, header.FileInfo().Mode(), contents)
	case tar.TypeXGlobalHeader:
		return nil
	default:
		return app.Invalid("source", "is neither a file nor a directory nor a link")
	}
}

// unpackFile writes one file; of its mode only whether it can be run is kept.
func unpackFile(root *os.Root, name string, mode fs.FileMode, contents io.Reader) (err error) {
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, contents)
	return errors.Join(err, f.Chmod(perm), f.Close())
}
