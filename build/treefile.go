package build

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"time"
)

// treeEntry is a file or directory of a tree; it is its own fs.FileInfo and fs.DirEntry.
type treeEntry struct {
	name     string // the last element
	mode     fs.FileMode
	size     int64
	changed  time.Time
	offset   int64
	target   string   // of a symbolic link
	children []string // of a directory, in order once the tree is open
}

// Name and the others below implement fs.FileInfo and fs.DirEntry.
func (e *treeEntry) Name() string               { return e.name }
func (e *treeEntry) Size() int64                { return e.size }
func (e *treeEntry) Mode() fs.FileMode          { return e.mode }
func (e *treeEntry) Type() fs.FileMode          { return e.mode.Type() }
func (e *treeEntry) ModTime() time.Time         { return e.changed }
func (e *treeEntry) IsDir() bool                { return e.mode.IsDir() }
func (e *treeEntry) Sys() any                   { return nil }
func (e *treeEntry) Info() (fs.FileInfo, error) { return e, nil }

// link returns where the symbolic link at a path leads.
func (t *tree) link(name string) (string, bool) {
	entry := t.entries[name]
	if entry == nil || entry.mode.Type() != fs.ModeSymlink {
		return "", false
	}
	return entry.target, true
}

// find returns what stands at name, links followed, and its own path.
func (t *tree) find(op, name string) (*treeEntry, string, error) {
	if !fs.ValidPath(name) {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	budget := maxResolving
	resolved, err := resolve(name, t.link, &budget)
	if err != nil {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: err}
	}
	resolved = path.Join(".", resolved)
	entry := t.entries[resolved]
	if entry == nil {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return entry, resolved, nil
}

// Open implements fs.FS.
func (t *tree) Open(name string) (fs.File, error) {
	entry, resolved, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if entry.IsDir() {
		return &treeDir{treeEntry: entry, tree: t, path: resolved}, nil
	}
	return &treeFile{treeEntry: entry, SectionReader: io.NewSectionReader(t.from, entry.offset, entry.size)}, nil
}

// Stat implements fs.StatFS.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	entry, _, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	// Its name is the one that was asked for, also when a link led elsewhere.
	named := *entry
	named.name = path.Base(name)
	return &named, nil
}

// treeFile is an open file of a tree.
type treeFile struct {
	*treeEntry
	*io.SectionReader
}

// Stat implements fs.File.
func (f *treeFile) Stat() (fs.FileInfo, error) { return f.treeEntry, nil }

// Size implements fs.FileInfo.
func (f *treeFile) Size() int64 { return f.treeEntry.size }

// Close implements fs.File.
func (f *treeFile) Close() error { return nil }

// treeDir is an open directory of a tree.
type treeDir struct {
	*treeEntry
	tree *tree
	path string
	next int
}

// Stat implements fs.File.
func (d *treeDir) Stat() (fs.FileInfo, error) { return d.treeEntry, nil }

// Close implements fs.File.
func (d *treeDir) Close() error { return nil }

// Read implements fs.File.
func (d *treeDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errors.New("is a directory")}
}

// ReadDir implements fs.ReadDirFile.
func (d *treeDir) ReadDir(n int) ([]fs.DirEntry, error) {
	left := d.children[d.next:]
	if n > 0 && len(left) == 0 {
		return nil, io.EOF
	}
	if n > 0 {
		left = left[:min(n, len(left))]
	}
	d.next += len(left)
	entries := make([]fs.DirEntry, len(left))
	for i, child := range left {
		entries[i] = d.tree.entries[path.Join(d.path, child)]
	}
	return entries, nil
}
