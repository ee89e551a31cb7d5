package api

import (
	"time"

	"gondor/app"
)

// Event says that a resource has changed: read it again.
type Event struct {
	Noun     string     `json:"noun"` // "site", "service", "release", …
	URL      Reference  `json:"url"`
	Instance *Reference `json:"instance"` // that it belongs to
	Deleted  bool       `json:"deleted"`
}

// InstanceEvent is something that happened in an instance.
type InstanceEvent struct {
	ID       string        `json:"id"`
	Instance Reference     `json:"instance"`
	At       time.Time     `json:"at"`
	Kind     app.EventKind `json:"kind"` // the noun of what it happened to
	Warning  bool          `json:"warning"`
	User     string        `json:"user"` // who did it; empty: Gondor, or a schedule
	Text     string        `json:"text"`
	About    *Reference    `json:"about"` // what it happened to, which may be gone
}
