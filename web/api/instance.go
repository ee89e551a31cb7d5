package api

import "gondor/app"

// Instance is a running copy of a site.
type Instance struct {
	Site   Reference        `json:"site"`
	Label  string           `json:"label"`
	Kind   app.InstanceKind `json:"kind"`
	State  app.ServiceState `json:"state"`   // the most pressing of its services' states
	WebURL string           `json:"web_url"` // where its web service is reached
	URL    Reference        `json:"url"`
}

// NewInstance makes an instance.
type NewInstance struct {
	Site  Reference        `json:"site"`
	Label string           `json:"label"`
	Kind  app.InstanceKind `json:"kind"`
}

// Host is a host name that reaches an instance, besides the one it was given.
type Host struct {
	Instance Reference  `json:"instance"`
	Host     string     `json:"host"`
	KeyPair  *Reference `json:"keypair"` // null: this server keeps no key pairs
	URL      Reference  `json:"url"`
}

// HostUpdate changes a host.
type HostUpdate struct {
	KeyPair *Reference `json:"keypair"` // null detaches it; any other is refused, for there are none
}

// NewHost adds a host name to an instance.
type NewHost struct {
	Instance Reference `json:"instance"`
	Host     string    `json:"host"`
}
