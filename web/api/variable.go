package api

// Variable is an environment variable, set on exactly one of a site, an instance and a
// service.
type Variable struct {
	Site     *Reference `json:"site"`
	Instance *Reference `json:"instance"`
	Service  *Reference `json:"service"`
	Key      string     `json:"key"`
	Value    string     `json:"value"`
	Build    bool       `json:"build"` // given to builds and not to processes
	URL      Reference  `json:"url"`
}

// NewVariable sets a variable, or with a nil value unsets it. Exactly one of site,
// instance and service is given.
type NewVariable struct {
	Site     Reference `json:"site,omitempty"`
	Instance Reference `json:"instance,omitempty"`
	Service  Reference `json:"service,omitempty"`
	Key      string    `json:"key"`
	Value    *string   `json:"value"`
	Build    bool      `json:"build,omitempty"`
}
