package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Directory packs a directory as a layer that has its contents at the path at, relative to
// the root, owned by NonRoot. Times are kept to the second, for compiled files name that of
// their source, and web servers tell clients by it that a file has changed. The caller
// closes the layer.
func Directory(dir, at string) (*Layer, error) {
	layer, err := pack(func(entries *tar.Writer) error {
		p := &packer{entries: entries, at: at, buffer: make([]byte, 256<<10), links: map[inode]string{}}
		return p.pack(dir)
	})
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	return layer, nil
}

// packer writes a directory as a tar.
type packer struct {
	entries *tar.Writer
	at      string
	buffer  []byte
	links   map[inode]string // files with several names, by their first
}

func (p *packer) pack(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return p.add(root, below, info)
	})
}

// add writes one entry. What is neither a file nor a directory nor a link, such as a
// socket that a step left, is left out.
func (p *packer) add(root *os.Root, name string, info fs.FileInfo) error {
	target := ""
	switch info.Mode().Type() {
	case 0, fs.ModeDir:
	case fs.ModeSymlink:
		var err error
		if target, err = root.Readlink(name); err != nil {
			return err
		}
	default:
		return nil
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	p.own(header, name)
	if first, linked := p.linked(info, header.Name); linked {
		header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
	}
	if err := p.entries.WriteHeader(header); err != nil || header.Typeflag != tar.TypeReg {
		return err
	}
	return p.contents(root, name, header.Size)
}

// own makes an entry of a layer of it.
func (p *packer) own(header *tar.Header, name string) {
	header.Name = path.Join(p.at, filepath.ToSlash(name))
	if header.Typeflag == tar.TypeDir {
		header.Name += "/"
	}
	header.Mode &= 0o777
	if name == "." {
		header.Mode = 0o755 // the volume that it was made on is everybody's
	}
	header.Uid, header.Gid, header.Uname, header.Gname = NonRoot, NonRoot, "", ""
	header.ModTime = header.ModTime.Truncate(time.Second)
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
}

// contents writes a file, which must still be as long as it was.
func (p *packer) contents(root *os.Root, name string, size int64) (err error) {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.CopyBuffer(p.entries, io.LimitReader(f, size), p.buffer)
	return err
}
