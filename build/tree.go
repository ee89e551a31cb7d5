package build

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
)

// tree reads a stored tar in place: only the headers are read to open it, and a file's
// bytes when they are asked for. It implements fs.FS, fs.ReadDirFS and fs.StatFS and
// follows symbolic links. It is safe for concurrent use.
type tree struct {
	from    io.ReaderAt
	entries map[string]*treeEntry
}

// archive is what a tree is read from.
type archive interface {
	io.ReadSeeker
	io.ReaderAt
}

// openTree reads the headers of a stored tar and returns its tree and its commit.
func openTree(from archive) (*tree, string, error) {
	t := &tree{from: from, entries: map[string]*treeEntry{".": {name: ".", mode: fs.ModeDir | 0o755}}}
	reader, commit := tar.NewReader(from), ""
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", fmt.Errorf("read the stored tar: %w", err)
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			commit = commitOf(header)
			continue
		}
		// The reader takes no byte beyond the header, so the contents begin here.
		offset, err := from.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, "", fmt.Errorf("read the stored tar: %w", err)
		}
		t.add(header, offset)
	}
	for _, entry := range t.entries {
		slices.Sort(entry.children)
	}
	return t, commit, nil
}

// readCommit returns the commit at the head of a stored tar, "" when there is none.
func readCommit(from io.Reader) (string, error) {
	header, err := tar.NewReader(from).Next()
	switch {
	case errors.Is(err, io.EOF):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read the stored tar: %w", err)
	case header.Typeflag != tar.TypeXGlobalHeader:
		return "", nil
	}
	return commitOf(header), nil
}

func (t *tree) add(h *tar.Header, offset int64) {
	name := path.Clean(h.Name)
	entry := &treeEntry{name: path.Base(name), mode: h.FileInfo().Mode(), size: h.Size, changed: h.ModTime, offset: offset, target: h.Linkname}
	if h.Typeflag == tar.TypeLink {
		if first := t.entries[h.Linkname]; first != nil {
			entry.mode, entry.size, entry.offset, entry.target = first.mode, first.size, first.offset, ""
		}
	}
	if old := t.entries[name]; old != nil { // a directory made by a file that came before it
		entry.children = old.children
	} else {
		parent := t.parent(name)
		parent.children = append(parent.children, entry.name)
	}
	t.entries[name] = entry
}

// parent returns the directory that holds name, made when no entry made it.
func (t *tree) parent(name string) *treeEntry {
	dir := path.Dir(name)
	if entry := t.entries[dir]; entry != nil {
		return entry
	}
	entry := &treeEntry{name: path.Base(dir), mode: fs.ModeDir | 0o755}
	t.entries[dir] = entry
	above := t.parent(dir)
	above.children = append(above.children, entry.name)
	return entry
}
