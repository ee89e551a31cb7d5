package api

import (
	"time"

	"gondor/app"
)

// Build is source turned into something that runs.
type Build struct {
	Site         Reference         `json:"site"`
	Instance     *Reference        `json:"instance"` // the one it was made for
	Label        string            `json:"label"`
	Ref          string            `json:"ref"`
	SHA          string            `json:"sha"`
	Image        string            `json:"image"`         // that it is made of, empty when it is made of source
	BuildpackURL string            `json:"buildpack_url"` // always empty
	Creator      string            `json:"creator"`       // a user's name
	State        app.BuildState    `json:"state"`
	Message      string            `json:"message"`     // why it failed
	QueuePlace   int               `json:"queue_place"` // 1 is next, 0 is not queued
	Language     string            `json:"language"`    // what was detected, empty before
	Processes    map[string]string `json:"processes"`   // process type -> command
	Created      time.Time         `json:"created"`
	Started      *time.Time        `json:"started"`
	Ended        *time.Time        `json:"ended"`
	URL          Reference         `json:"url"`
}

// NewBuild announces a build; its source follows by PUT to its url, unless it is made of an
// image or of the source of an earlier build.
type NewBuild struct {
	Site         Reference `json:"site"`
	Instance     Reference `json:"instance,omitempty"`
	Label        string    `json:"label,omitempty"`
	Ref          string    `json:"ref,omitempty"`
	SHA          string    `json:"sha,omitempty"`
	Image        string    `json:"image,omitempty"`
	SourceOf     Reference `json:"source_of,omitempty"` // a build of the same site, whose source or image it is made of
	BuildpackURL string    `json:"buildpack_url,omitempty"`
}

// PageLine is one line of a page of logs, as clients of the first days read it.
type PageLine struct {
	ID        string     `json:"id"`
	Timestamp time.Time  `json:"@timestamp"`
	Log       string     `json:"log"` // its text
	Stream    app.Stream `json:"stream"`
	Tag       string     `json:"tag"` // the service whose it is
}

// LogLine is one line of a log.
type LogLine struct {
	Cursor  app.Cursor `json:"cursor"` // to go on behind this line
	Time    time.Time  `json:"time"`
	Stream  app.Stream `json:"stream"`
	Replica string     `json:"replica"`
	Text    string     `json:"text"`
}
