package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gondor/app"
)

// Limits bound one upload. A zero field means the default.
type Limits struct {
	Packed   int64 // bytes as they are sent, default 512 MB
	Unpacked int64 // bytes of the tar when unpacked, default 2 GB
	Entries  int   // files, directories and links, default 200,000
}

// The limits of an installation whose operator chose none.
const (
	DefaultPacked   = 512 << 20
	DefaultUnpacked = 2 << 30
	DefaultEntries  = 200_000
)

func (l Limits) withDefaults() Limits {
	if l.Packed == 0 {
		l.Packed = DefaultPacked
	}
	if l.Unpacked == 0 {
		l.Unpacked = DefaultUnpacked
	}
	if l.Entries == 0 {
		l.Entries = DefaultEntries
	}
	return l
}

// Sources implements app.Sources over a directory of its own: each stored tree is the
// file ID.tar, checked and rewritten so that it holds files, directories and links
// within the tree and nothing else. It is safe for concurrent use.
type Sources struct {
	dir    string
	limits Limits
}

// NewSources returns the sources kept in dir, which is made when it is needed.
func NewSources(dir string, limits Limits) *Sources {
	return &Sources{dir: dir, limits: limits.withDefaults()}
}

const (
	storedSuffix  = ".tar"
	partialSuffix = ".partial"
)

func (s *Sources) path(id app.ID[app.Build]) string {
	return filepath.Join(s.dir, string(id)+storedSuffix)
}

// Receive implements app.Sources. The tree is durable when it has returned nil.
func (s *Sources) Receive(ctx context.Context, id app.ID[app.Build], tar io.Reader) (size int64, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return 0, fmt.Errorf("make the directory of sources: %w", err)
	}
	partial, err := os.CreateTemp(s.dir, string(id)+".*"+partialSuffix)
	if err != nil {
		return 0, fmt.Errorf("make room for a source: %w", err)
	}
	defer func() { _ = os.Remove(partial.Name()) }() // gone already once it has its name
	size, err = receive(ctx, tar, partial, s.limits)
	if err := errors.Join(err, partial.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(partial.Name(), s.path(id)); err != nil {
		return 0, fmt.Errorf("keep a source: %w", err)
	}
	return size, syncDirectory(s.dir)
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the directory of sources: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Plan implements app.Sources.
func (s *Sources) Plan(_ context.Context, id app.ID[app.Build], runtimes []app.Runtime) (app.Plan, error) {
	file, err := s.open(id)
	if err != nil {
		return app.Plan{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	tree, _, err := openTree(file)
	if err != nil {
		return app.Plan{}, fmt.Errorf("read the source of build %s: %w", id, err)
	}
	return Detect(tree, runtimes)
}

// Tree returns the stored tree for reading; its links lead where they lead within the
// tree. The caller closes it. CodeNotFound when there is none.
func (s *Sources) Tree(_ context.Context, id app.ID[app.Build]) (fs.FS, io.Closer, error) {
	file, err := s.open(id)
	if err != nil {
		return nil, nil, err
	}
	tree, _, err := openTree(file)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read the source of build %s: %w", id, err), file.Close())
	}
	return tree, file, nil
}

// Commit returns the commit that git archive wrote into the tar, "" when none did.
// CodeNotFound when there is no such source.
func (s *Sources) Commit(_ context.Context, id app.ID[app.Build]) (string, error) {
	file, err := s.open(id)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	return readCommit(file)
}

// Open implements app.Sources; an error of CodeNotFound when there is no such source.
func (s *Sources) Open(_ context.Context, id app.ID[app.Build]) (io.ReadCloser, error) {
	return s.open(id)
}

func (s *Sources) open(id app.ID[app.Build]) (*os.File, error) {
	file, err := os.Open(s.path(id))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, app.NotFound("source")
	case err != nil:
		return nil, fmt.Errorf("open the source of build %s: %w", id, err)
	}
	return file, nil
}

// Discard implements app.Sources. It also removes what an interrupted Receive left.
func (s *Sources) Discard(_ context.Context, id app.ID[app.Build]) error {
	left, err := filepath.Glob(filepath.Join(s.dir, string(id)+".*"+partialSuffix))
	if err != nil {
		return fmt.Errorf("find the source of build %s: %w", id, err)
	}
	for _, path := range append(left, s.path(id)) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("discard the source of build %s: %w", id, err)
		}
	}
	return nil
}

// IDs implements app.Sources; a build whose Receive was interrupted is listed too, so
// that it can be discarded.
func (s *Sources) IDs(context.Context) ([]app.ID[app.Build], error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the sources: %w", err)
	}
	var ids []app.ID[app.Build]
	for _, entry := range entries { // in order of names: those of one build are neighbours
		name, _, _ := strings.Cut(entry.Name(), ".")
		if id := app.ID[app.Build](name); len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// gzipMagic begins every gzip stream, RFC 1952 section 2.3.1.
var gzipMagic = []byte{0x1f, 0x8b}

func isGzip(start []byte) bool { return bytes.HasPrefix(start, gzipMagic) }
