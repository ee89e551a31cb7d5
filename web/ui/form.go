package ui

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"gondor/app"
)

// form is what somebody typed into one form of a page, and what was wrong with it.
type form struct {
	Name   string
	Values map[string]string
	Faults map[string]string // by field
	Fault  string            // of no field that the form has
}

// secretFields are never shown again.
const secretFields = "password repeat"

// For returns the form when it is the one of that name, else an empty one: a page can have
// several forms, and only one was sent.
func (f form) For(name string) form {
	if f.Name == name {
		return f
	}
	return form{Name: name}
}

// Or returns what was typed, or the value that the field has to begin with.
func (f form) Or(field, value string) string {
	if typed, sent := f.Values[field]; sent {
		return typed
	}
	return value
}

// read takes the fields of the form that was sent.
func (c *call) read(name string, fields ...string) (form, error) {
	if err := c.ParseForm(); err != nil {
		return form{}, app.Invalid("", "the form could not be read: it is damaged or too long")
	}
	sent := form{Name: name, Values: map[string]string{}, Faults: map[string]string{}}
	for _, field := range fields {
		sent.Values[field] = c.PostForm.Get(field)
	}
	return sent, nil
}

// blame puts an error beside the field at fault. It returns the error when it is none that
// typing something else would mend.
func (f *form) blame(err error) error {
	var one *app.Error
	var many app.Errors
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = app.Errors{one}
	default:
		return err
	}
	for _, fault := range many {
		if !mendable(fault.Code) {
			return err
		}
		f.put(fault)
	}
	return nil
}

func mendable(code app.Code) bool {
	switch code {
	case app.CodeInvalid, app.CodeConflict, app.CodeTooLarge, app.CodeTooMany, app.CodeFailed, app.CodeUnavailable:
		return true
	}
	return false
}

func (f *form) put(fault *app.Error) {
	if _, has := f.Values[fault.Field]; has {
		f.Faults[fault.Field] = sentence(fault.Message)
		return
	}
	f.Fault = sentence(fault.Error())
}

// hideSecrets forgets the values that may not be shown again.
func (f *form) hideSecrets() {
	for _, field := range strings.Fields(secretFields) {
		delete(f.Values, field)
	}
}

// sentence begins a message with a capital and ends it with a full stop.
func sentence(message string) string {
	message = capital(message)
	if message == "" || strings.ContainsAny(message[len(message)-1:], ".!?:") {
		return message
	}
	return message + "."
}

// capital begins a message with a capital.
func capital(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + message[size:]
}

// lines turns the line ends that browsers send into those of the system.
func lines(typed string) string { return strings.ReplaceAll(typed, "\r\n", "\n") }
