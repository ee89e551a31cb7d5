package drain

import (
	"bytes"
	"encoding/json"
	"time"

	"gondor/app"
)

// object is a line as an HTTP endpoint gets it.
type object struct {
	ID       string     `json:"id"`
	Time     time.Time  `json:"time"`
	Stream   app.Stream `json:"stream"`
	Site     string     `json:"site"`
	Instance string     `json:"instance"`
	Kind     string     `json:"kind"`
	Service  string     `json:"service,omitempty"`
	Replica  string     `json:"replica,omitempty"`
	Release  int        `json:"release,omitempty"`
	Text     string     `json:"text"`
}

// formJSON appends a line as a JSON object with a newline behind it.
func formJSON(to []byte, l line) []byte {
	out := bytes.NewBuffer(to)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	// It can't fail: there is nothing in it that JSON does not know, and a buffer takes all.
	_ = encoder.Encode(object{
		ID: l.id, Time: l.time, Stream: l.stream, Site: l.site, Instance: l.instance,
		Kind: l.kind, Service: l.service, Replica: l.replica, Release: l.release, Text: l.text,
	})
	return out.Bytes()
}
