package api

import (
	"time"

	"gondor/app"
)

// Alert is something that is wrong in an instance, from when it begins until it ends.
type Alert struct {
	ID       string        `json:"id"`
	Instance Reference     `json:"instance"`
	Kind     app.AlertKind `json:"kind"`
	Title    string        `json:"title"`
	Text     string        `json:"text"` // may have several lines
	Began    time.Time     `json:"began"`
	Ended    *time.Time    `json:"ended"`  // null while it goes on
	Ending   string        `json:"ending"` // how it ended
}

// Receiver is who is told of the alerts of a site, or of a resource group.
type Receiver struct {
	Site          *Reference       `json:"site"`           // one of the two is null
	ResourceGroup *Reference       `json:"resource_group"` // all sites of it
	Kind          app.ReceiverKind `json:"kind"`
	Address       string           `json:"address"` // of a webhook without its path
	// Secret signs what a webhook is sent. It is there in the answer to its creation alone.
	Secret    string     `json:"secret,omitempty"`
	Delivered *time.Time `json:"delivered"` // when a message last reached it, null before
	Tried     *time.Time `json:"tried"`     // when one was last sent, null before
	Fault     string     `json:"fault"`     // why that failed
	Created   time.Time  `json:"created"`
	URL       Reference  `json:"url"`
}

// NewReceiver lets somebody be told of alerts. One of Site and ResourceGroup is needed.
type NewReceiver struct {
	Site          Reference        `json:"site,omitempty"`
	ResourceGroup Reference        `json:"resource_group,omitempty"`
	Kind          app.ReceiverKind `json:"kind,omitempty"` // empty: by its address
	Address       string           `json:"address"`
}
