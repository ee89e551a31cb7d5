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

// Search looks for the values of a build's variables in the files of a tree. It returns an
// error of CodeFailed, for people, that names the first file in which f finds one.
func Search(ctx context.Context, dir string, f Finder) error {
	buffer := make([]byte, 256<<10)
	return Each(dir, func(p Place) error {
		if !p.Info.Mode().IsRegular() || ctx.Err() != nil {
			return ctx.Err()
		}
		f.Reset()
		if err := p.CopyTo(f, buffer); err != nil {
			return fmt.Errorf("search %s for variables: %w", p.Path, err)
		}
		if f.Any() {
			return app.Fault(app.CodeFailed, "the build left the value of one of its variables in %s; such values may not be in what is deployed: remove the file in a step, or set the variable for the site's processes instead", p.Path)
		}
		return nil
	})
}
