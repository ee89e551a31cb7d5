package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

// The exit codes.
const (
	exitOK              = 0
	exitFailed          = 1
	exitUsage           = 2
	exitUnauthenticated = 3
	exitForbidden       = 4
	exitNotFound        = 5
	exitConflict        = 6
	exitUnavailable     = 7
	exitInterrupted     = 130
)

// exitCodes is the one table of what the codes of errors are as exit codes; of others
// it is exitFailed.
var exitCodes = map[app.Code]int{
	app.CodeInvalid:         exitUsage,
	app.CodeUnauthenticated: exitUnauthenticated,
	app.CodeForbidden:       exitForbidden,
	app.CodeNotFound:        exitNotFound,
	app.CodeConflict:        exitConflict,
	app.CodeUnavailable:     exitUnavailable,
	app.CodeFull:            exitUnavailable,
}

const exitCodesHelp = `Gondor ends with one of these codes:

    0  done
    1  failed: the deploy, the build or the command itself
    2  used wrongly: an unknown command or flag, a value that can't be right
    3  not signed in
    4  your role does not allow it
    5  there is no such thing, or not for you
    6  it clashes with what exists
    7  the server can't be reached, or can't do it now
  130  interrupted by Ctrl-C

"gondor run" ends with the code of the process that it ran.`

// exit ends the program with a code when all has been told already.
type exit struct{ code int }

// Error implements error.
func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usageError is a fault of the command line itself.
type usageError struct{ message string }

// Error implements error.
func (e usageError) Error() string { return e.message }

func usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// conclude tells of an error and returns the exit code.
func (p *Program) conclude(ctx context.Context, command *cobra.Command, err error) int {
	var quiet exit
	var wrong usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &quiet):
		return quiet.code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &wrong):
		p.complain("gondor: %s\nSee: %s --help", wrong.message, command.CommandPath())
		return exitUsage
	}
	p.complain("gondor: %s%s", message(err), hint(err))
	return codeOf(err)
}

func codeOf(err error) int {
	if code, ok := exitCodes[app.CodeOf(err)]; ok {
		return code
	}
	return exitFailed
}

// message writes the faults of an error one a line.
func message(err error) string {
	var many app.Errors
	if !errors.As(err, &many) {
		return err.Error()
	}
	text := ""
	for i, one := range slices.All(many) {
		if i > 0 {
			text += "\n        "
		}
		text += one.Error()
	}
	return text
}

// hint is the next thing to do.
func hint(err error) string {
	var unreachable *api.UnreachableError
	switch {
	case errors.As(err, &unreachable):
		return ""
	case app.CodeOf(err) == app.CodeUnauthenticated:
		return "\nSign in with: gondor login URL (or set GONDOR_URL and GONDOR_TOKEN)"
	}
	return ""
}

// complain writes to the standard error.
func (p *Program) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(p.io.Stderr, format+"\n", args...) // there is nowhere else to tell of a failure
}

// say writes to the standard output.
func (p *Program) say(format string, args ...any) error {
	_, err := fmt.Fprintf(p.io.Stdout, format+"\n", args...)
	return err
}
