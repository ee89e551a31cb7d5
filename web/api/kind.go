package api

import "reflect"

var referenceType = reflect.TypeFor[Reference]()

// kindOf names the kind of a JSON value, as encoding/json does in its errors.
func kindOf(data []byte) string {
	if len(data) == 0 {
		return "nothing"
	}
	switch data[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	default:
		return "number"
	}
}
