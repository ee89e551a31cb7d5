package api

import (
	"context"
	"time"
)

// Drain sends the logs of an instance on, and how it stands.
type Drain struct {
	Instance Reference `json:"instance"`
	Target   string    `json:"target"` // its secret parts read ***
	Creator  string    `json:"creator"`
	Created  time.Time `json:"created"`
	Sent     uint64    `json:"sent"` // lines
	Lost     uint64    `json:"lost"` // lines that left their log before they could be sent
	// Behind is the age of the oldest line that waits, in seconds; 0: none does.
	Behind  int        `json:"behind"`
	Success *time.Time `json:"success"` // when something was last taken; null: never
	Failure string     `json:"failure"` // a sentence; empty while all is well
	Failing *time.Time `json:"failing"` // since when; null while all is well
	URL     Reference  `json:"url"`
}

// NewDrain makes a drain. The target is a URL of syslog, syslog+tls, https or http.
type NewDrain struct {
	Instance Reference `json:"instance"`
	Target   string    `json:"target"`
}

// Drains lists the drains of an instance.
func (c *Client) Drains(ctx context.Context, instance Reference) ([]Drain, error) {
	return get[[]Drain](ctx, c, "/v2/log_drains/", filter("instance", string(instance)))
}

// CreateDrain makes a drain. CodeConflict when the instance has one to there, or too many.
func (c *Client) CreateDrain(ctx context.Context, n NewDrain) (Drain, error) {
	return post[Drain](ctx, c, "/v2/log_drains/", n)
}
