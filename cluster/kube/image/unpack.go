package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Unpack writes the contents of a layer that Directory has packed at "." below a directory,
// with their times and their permissions. It leaves the directory under no circumstances,
// and refuses to write more than the limit of bytes.
func Unpack(layer v1.Layer, dir string, limit int64) (err error) {
	contents, err := layer.Uncompressed()
	if err != nil {
		return fmt.Errorf("fetch a layer: %w", err)
	}
	defer func() { err = errors.Join(err, contents.Close()) }()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack a layer: %w", err)
	}
	defer func() { _ = root.Close() }() // only a handle
	entries := tar.NewReader(contents)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a layer: %w", err)
		}
		if limit -= header.Size; limit < 0 {
			return errors.New("the layer holds more than it may")
		}
		if err := unpackEntry(root, header, entries); err != nil {
			return fmt.Errorf("unpack %s: %w", header.Name, err)
		}
	}
}

func unpackEntry(root *os.Root, header *tar.Header, contents io.Reader) error {
	name := path.Clean(header.Name)
	if name == "." {
		return nil
	}
	mode := header.FileInfo().Mode().Perm() | 0o200 // the builder may change what it finds
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, mode|0o700)
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		return root.Link(path.Clean(header.Linkname), name)
	case tar.TypeReg:
		return unpackFile(root, name, header, mode, contents)
	}
	return nil
}

func unpackFile(root *os.Root, name string, header *tar.Header, mode fs.FileMode, contents io.Reader) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, contents)
	if err = errors.Join(err, f.Chmod(header.FileInfo().Mode().Perm()), f.Close()); err != nil {
		return err
	}
	return root.Chtimes(name, header.ModTime, header.ModTime)
}
