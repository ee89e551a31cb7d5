package logfile

import (
	"regexp"

	"gondor/app"
)

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*$`)

// maxName leaves room for the directory before it and the segment behind it.
const maxName = 200

// CheckName checks that a log's name can be a path below the store: lower-case letters,
// digits and hyphens, with slashes between its parts. The error is of CodeInvalid.
func CheckName(name app.LogName) error {
	if len(name) > maxName || !namePattern.MatchString(string(name)) {
		return app.Invalid("log", "%q can't be the name of a log; use lower-case letters, digits and hyphens, such as %q", string(name), "service/web")
	}
	return nil
}
