package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"gondor/app"
)

// NonField is the key of messages that are about no field in particular.
const NonField = "non_field_errors"

// detail is the key of the one message of an answer that is not a 400.
const detail = "detail"

// statuses is the one table of what a code is in HTTP. No status stands in it twice,
// so that the client finds the code again.
var statuses = map[app.Code]int{
	app.CodeInvalid:         http.StatusBadRequest,
	app.CodeUnauthenticated: http.StatusUnauthorized,
	app.CodeForbidden:       http.StatusForbidden,
	app.CodeNotFound:        http.StatusNotFound,
	app.CodeConflict:        http.StatusConflict,
	app.CodeTooLarge:        http.StatusRequestEntityTooLarge,
	app.CodeFailed:          http.StatusUnprocessableEntity,
	app.CodeTooMany:         http.StatusTooManyRequests,
	app.CodeInternal:        http.StatusInternalServerError,
	app.CodeUnavailable:     http.StatusServiceUnavailable,
	app.CodeFull:            http.StatusInsufficientStorage,
}

// StatusOf returns the HTTP status of an error: 200 for nil, 500 for one without a code.
func StatusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if status, ok := statuses[app.CodeOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// CodeOfStatus returns the code whose status it is. Of others, those from 400 to 499
// are CodeInvalid, 502 and 504 are CodeUnavailable, and all else is CodeInternal.
func CodeOfStatus(status int) app.Code {
	for code, s := range statuses {
		if s == status {
			return code
		}
	}
	switch {
	case status >= 400 && status < 500:
		return app.CodeInvalid
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return app.CodeUnavailable
	}
	return app.CodeInternal
}

// EncodeError returns the body that tells of an error: an object that gives every field
// at fault a list of messages. Messages about no field stand under non_field_errors; unless the
// error is of CodeInvalid the first message also stands under detail. What carries
// no code becomes "internal error".
func EncodeError(err error) any {
	body := map[string]any{}
	invalid := app.CodeOf(err) == app.CodeInvalid
	faults := faultsOf(err)
	if !invalid {
		body[detail] = faults[0].Message
	}
	for _, f := range faults {
		if f.Field == "" && !invalid {
			continue
		}
		add(body, f)
	}
	return body
}

// EncodeErrors returns the body that tells of the errors of a POST of an array: an
// object for each element, empty for those without an error.
func EncodeErrors(errs []error) []any {
	bodies := make([]any, len(errs))
	for i, err := range errs {
		bodies[i] = map[string]any{}
		if err != nil {
			bodies[i] = EncodeError(err)
		}
	}
	return bodies
}

func add(body map[string]any, f *app.Error) {
	key := f.Field
	if key == "" {
		key = NonField
	}
	list, _ := body[key].([]string)
	body[key] = append(list, f.Message)
}

// faultsOf returns the domain's errors in err, at least one.
func faultsOf(err error) app.Errors {
	var many app.Errors
	var one *app.Error
	switch {
	case errors.As(err, &many) && len(many) > 0:
		return many
	case errors.As(err, &one):
		return app.Errors{one}
	}
	return app.Errors{{Code: app.CodeInternal, Message: "internal error"}}
}

// DecodeError returns the error that an answer tells of: an *app.Error, or app.Errors in
// the order of their fields' names when there are several. A body that can't be read
// leaves what the status says.
func DecodeError(status int, body []byte) error {
	code := CodeOfStatus(status)
	faults := decodeFaults(code, body)
	switch len(faults) {
	case 0:
		return app.Fault(code, "the server answered %d %s", status, http.StatusText(status))
	case 1:
		return faults[0]
	}
	return faults
}

func decodeFaults(code app.Code, body []byte) app.Errors {
	var elements []json.RawMessage
	if json.Unmarshal(body, &elements) != nil {
		return decodeObject(code, body)
	}
	var faults app.Errors
	for _, element := range elements {
		faults = append(faults, decodeObject(code, element)...)
	}
	return faults
}

// decodeObject reads one object of messages. Its detail counts only where no field is
// at fault.
func decodeObject(code app.Code, body []byte) app.Errors {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	var faults app.Errors
	for _, key := range slices.Sorted(maps.Keys(object)) {
		for _, message := range messagesIn(object[key]) {
			faults = append(faults, &app.Error{Code: code, Field: fieldOf(key), Message: message})
		}
	}
	var text string
	if len(faults) == 0 && json.Unmarshal(object[detail], &text) == nil && text != "" {
		return app.Errors{{Code: code, Message: text}}
	}
	return faults
}

func messagesIn(value json.RawMessage) []string {
	var list []string
	if json.Unmarshal(value, &list) != nil {
		return nil
	}
	return list
}

func fieldOf(key string) string {
	if key == NonField {
		return ""
	}
	return key
}
