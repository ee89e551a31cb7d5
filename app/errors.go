package app

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of thing went wrong. Faces (HTTP, command line) map codes to
// their own numbers; everything that carries no code is internal.
type Code string

// The codes of the domain's errors.
const (
	CodeInvalid         Code = "invalid"         // what was asked for can't be right, whoever asks
	CodeUnauthenticated Code = "unauthenticated" // nobody is signed in, or the password is wrong
	CodeForbidden       Code = "forbidden"       // the role does not allow it
	CodeNotFound        Code = "not_found"       // it does not exist, or not for this person
	CodeConflict        Code = "conflict"        // it clashes with what exists
	CodeTooLarge        Code = "too_large"       // it exceeds a limit of size
	CodeTooMany         Code = "too_many"        // it exceeds a limit of rate
	CodeFailed          Code = "failed"          // it was tried, and failed for a reason of the site's own
	CodeUnavailable     Code = "unavailable"     // it can't be done now, later perhaps
	CodeFull            Code = "full"            // there is no room for it on the disk
	CodeInternal        Code = "internal"        // a fault of Gondor or of what it stands on
)

// Error is what a use case returns when the fault is not Gondor's own. Message is one
// or two sentences for people: what is wrong and what would be right.
type Error struct {
	Code    Code
	Field   string // the field of the request at fault; empty when it is none in particular
	Message string
}

// Error returns the message, after the name of the field where there is one.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Invalid returns an error of CodeInvalid about a field; field may be empty.
func Invalid(field, format string, args ...any) error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Conflict returns an error of CodeConflict about a field; field may be empty.
func Conflict(field, format string, args ...any) error {
	return &Error{Code: CodeConflict, Field: field, Message: fmt.Sprintf(format, args...)}
}

// NotFound returns an error of CodeNotFound that names the kind of thing: "site".
func NotFound(noun string) error {
	return &Error{Code: CodeNotFound, Message: "no such " + noun}
}

// Fault returns an error of any other code.
func Fault(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Errors are several faults of one request, in the order of its fields.
type Errors []*Error

// Error joins the messages with semicolons.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// CodeOf returns the code that err carries anywhere in its chain: that of the first
// fault for Errors, CodeInternal for an error that carries none, "" for nil.
func CodeOf(err error) Code {
	var one *Error
	var many Errors
	switch {
	case err == nil:
		return ""
	case errors.As(err, &one):
		return one.Code
	case errors.As(err, &many) && len(many) > 0:
		return many[0].Code
	default:
		return CodeInternal
	}
}

// IsNotFound reports whether err says that something does not exist.
func IsNotFound(err error) bool { return CodeOf(err) == CodeNotFound }
