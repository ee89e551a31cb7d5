package api

// Event says that a resource has changed: read it again.
type Event struct {
	Noun     string     `json:"noun"` // "site", "service", "release", …
	URL      Reference  `json:"url"`
	Instance *Reference `json:"instance"` // that it belongs to
	Deleted  bool       `json:"deleted"`
}
