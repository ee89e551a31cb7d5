package api

import (
	"encoding/json"
	"errors"
)

// Reference is the absolute URL of a resource; it is how resources are identified and
// how they refer to each other. Empty is none.
type Reference string

// UnmarshalJSON takes the URL itself, null, or a whole resource, of which it takes the
// url: the first clients of this API sent some references that way.
func (r *Reference) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*r = Reference(text)
		return nil
	}
	var resource struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(data, &resource); err != nil {
		return &json.UnmarshalTypeError{Value: kindOf(data), Type: referenceType}
	}
	if resource.URL == "" {
		return errors.New("a reference must be the url of a resource")
	}
	*r = Reference(resource.URL)
	return nil
}
