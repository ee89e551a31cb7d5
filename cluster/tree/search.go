package tree

import (
	"context"
	"fmt"
	"io"

	"gondor/app"
)

// Finder looks for something in what is written to it.
type Finder interface {
	io.Writer
	Reset()    // forget what was written and found
	Any() bool // something was found since
}

// Search looks for the values of a build's variables in files. It is not safe for
// concurrent use.
type Search struct {
	finder Finder
	buffer []byte
}

// NewSearch returns a Search for what f finds.
func NewSearch(f Finder) *Search { return &Search{finder: f, buffer: make([]byte, 256<<10)} }

// Tree searches all files of a tree. It returns an error of CodeFailed, for people, that
// names the first file in which something is found.
func (s *Search) Tree(ctx context.Context, dir string) error {
	return Each(dir, func(p Place) error {
		if !p.Info.Mode.IsRegular() || ctx.Err() != nil {
			return ctx.Err()
		}
		return p.Open(func(f *File) error { return s.File(p, f) })
	})
}

// File searches one file of a tree, as Tree does.
func (s *Search) File(p Place, f *File) error {
	s.finder.Reset()
	if _, err := io.CopyBuffer(s.finder, f, s.buffer); err != nil {
		return fmt.Errorf("search %s for variables: %w", p.Path, err)
	}
	if s.finder.Any() {
		return app.Fault(app.CodeFailed, "the build left the value of one of its variables in %s; such values may not be in what is deployed: remove the file in a step, or set the variable for the site's processes instead", p.Path)
	}
	return nil
}
