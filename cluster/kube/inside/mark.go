package inside

import (
	"strings"

	"gondor/app"
)

// The lines of a program and of Gondor share the one output of a container. What is not
// from the standard output begins with a marker: an escape sequence that terminals pass
// over, and that no program has a use for.
const (
	markAny    = "\x1b[;"
	markStderr = "\x1b[;0m"
	markGondor = "\x1b[;1m"
	markStdout = "\x1b[;;0m" // only of a line that itself looks marked
)

// Mark returns a line of a stream as it stands in a container's output.
func Mark(stream app.Stream, line string) string { return marker(stream, line) + line }

// marker is what stands before a line.
func marker(stream app.Stream, line string) string {
	switch {
	case stream == app.Stderr:
		return markStderr
	case stream == app.Gondor:
		return markGondor
	case strings.HasPrefix(line, markAny):
		return markStdout
	default:
		return ""
	}
}

// Unmark is the inverse of Mark. Whatever has no marker is from the standard output.
func Unmark(line string) (app.Stream, string) {
	if !strings.HasPrefix(line, markAny) {
		return app.Stdout, line
	}
	if rest, marked := strings.CutPrefix(line, markStderr); marked {
		return app.Stderr, rest
	}
	if rest, marked := strings.CutPrefix(line, markGondor); marked {
		return app.Gondor, rest
	}
	return app.Stdout, strings.TrimPrefix(line, markStdout)
}
