package build

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"gondor/app"
)

// maxText is the most bytes of a file that is read whole; the largest are lock files.
const maxText = 32 << 20

// source is a tree with what detection asks of it.
type source struct{ tree fs.FS }

// has reports whether a file stands at the path, links followed.
func (s source) has(name string) bool {
	info, err := fs.Stat(s.tree, name)
	return err == nil && info.Mode().IsRegular()
}

// text returns a file's contents without a byte order mark, nothing when there is none.
func (s source) text(name string) ([]byte, error) {
	if !s.has(name) {
		return nil, nil
	}
	file, err := s.tree.Open(name)
	if err != nil {
		return nil, s.fault(name, err)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxText+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, s.fault(name, err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch {
	case len(data) > maxText:
		return nil, app.Invalid("", "%s is larger than %s", name, megabytes(maxText))
	case isPointer(data):
		return nil, app.Invalid("", "%s is a Git LFS pointer and not the file itself; run git lfs pull before the deploy, or keep the file out of LFS", name)
	case !utf8.Valid(data):
		return nil, app.Invalid("", "%s is not text; write it in UTF-8", name)
	}
	return data, nil
}

func (s source) fault(name string, err error) error {
	return fmt.Errorf("read %s of the source: %w", name, err)
}

// skipped are directories that hold other people's files.
func skipped(name string) bool {
	base := path.Base(name)
	return base != "." && strings.HasPrefix(base, ".") || base == "node_modules" || base == "vendor" || base == "testdata"
}

// lfsPointers notes files that Git LFS has left as pointers.
func (d *detection) lfsPointers() error {
	var found []string
	err := fs.WalkDir(d.tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		pointer, err := d.isPointerFile(name, entry)
		if pointer {
			found = append(found, name)
		}
		return err
	})
	if len(found) > 0 {
		d.note(fmt.Sprintf("Warning: %d of the files are Git LFS pointers and not the files themselves: %s. Run git lfs pull before the deploy.", len(found), someOf(found)))
	}
	return err
}

// lfsVersion begins every pointer, as the specification of Git LFS has it; a pointer has
// less than 1024 bytes.
var lfsVersion = []byte("version https://git-lfs.github.com/spec/v1\n")

func isPointer(data []byte) bool { return len(data) < 1024 && bytes.HasPrefix(data, lfsVersion) }

func (d *detection) isPointerFile(name string, entry fs.DirEntry) (bool, error) {
	info, err := entry.Info()
	if err != nil || info.Size() < int64(len(lfsVersion)) || info.Size() >= 1024 {
		return false, err
	}
	data, err := fs.ReadFile(d.tree, name)
	if err != nil {
		return false, d.fault(name, err)
	}
	return isPointer(data), nil
}

// someOf lists the first five names.
func someOf(names []string) string {
	if len(names) <= 5 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
}
