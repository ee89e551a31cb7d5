package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"gondor/app"
)

// maxBody bounds every body but the source of a build.
const maxBody = 1 << 20

// decode reads the body of a request. It may hold the fields of In and, as clients of
// the first days send back whole resources, those of Out, which are dropped; any other
// is an error of CodeInvalid, and so is what is not JSON.
func decode[In, Out any](c *call) (In, error) {
	var in In
	data, err := readBody(c)
	if err != nil {
		return in, err
	}
	known := fieldsOf(reflect.TypeFor[In]())
	maps.Copy(known, fieldsOf(reflect.TypeFor[Out]()))
	if err := checkFields(data, reflect.TypeFor[In]().Kind() == reflect.Slice, known); err != nil {
		return in, err
	}
	return in, typeFault(json.Unmarshal(data, &in))
}

func readBody(c *call) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, app.Fault(app.CodeTooLarge, "the body is longer than %d bytes", tooLong.Limit)
	case err != nil:
		return nil, app.Invalid("", "the body broke off")
	}
	return bytes.TrimSpace(data), nil
}

// checkFields says what is wrong with the form of a body.
func checkFields(data []byte, list bool, known map[string]reflect.Type) error {
	if !list {
		return checkObject(data, known)
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return formFault(err, "a JSON array of objects")
	}
	for _, element := range elements {
		if err := checkObject(element, known); err != nil {
			return err
		}
	}
	return nil
}

func checkObject(data []byte, known map[string]reflect.Type) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return formFault(err, "a JSON object")
	}
	if object == nil {
		return app.Invalid("", "the body must be a JSON object")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if _, ok := known[key]; !ok {
			return app.Invalid(key, "is not a field of this resource; its fields are %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nil
}

// formFault tells where a body stops being what it must be.
func formFault(err error, want string) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return app.Invalid("", "the body is not JSON: %s at byte %d; it must be %s", syntax, syntax.Offset, want)
	}
	return app.Invalid("", "the body must be %s", want)
}

// typeFault tells which field has a value of the wrong kind.
func typeFault(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return app.Invalid(wrong.Field, "must be %s, not %s", kindName(wrong.Type), article(wrong.Value))
	}
	return app.Invalid("", "the body can't be read: %s", err)
}

// kindName names a type as JSON has it.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.String:
		return "a string"
	}
	return "a whole number"
}

func article(value string) string {
	kind, _, _ := strings.Cut(value, " ") // "number 1.5"
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

// fieldsOf lists the JSON fields of a struct, or of the structs of a slice.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	fields := map[string]reflect.Type{}
	if t.Kind() != reflect.Struct {
		return fields
	}
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = f.Type
		}
	}
	return fields
}
