package build

import (
	"io/fs"

	"gondor/app"
)

// Detect is replaced in the next commit.
func Detect(fs.FS, []app.Runtime) (app.Plan, error) {
	return app.Plan{}, app.Invalid("", "The tree is empty")
}
