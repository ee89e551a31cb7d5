package app

import "time"

// Host is a host name that reaches an instance, besides the one the instance was given
// when it was made. KeyPair and ACME certificates come with TLS.
type Host struct {
	ID       ID[Host]
	Instance ID[Instance]
	Name     string // unique; lower case; "*.example.com" for all one label below
	Created  time.Time
}

// Indexes of hosts.
const (
	HostByInstance = "instance"
	HostByName     = "name" // unique
)

// Key implements Record.
func (h Host) Key() string { return string(h.ID) }

// InstanceID implements OfInstance.
func (h Host) InstanceID() ID[Instance] { return h.Instance }

// Indexes implements Record.
func (h Host) Indexes() []Index {
	return []Index{
		{Name: HostByInstance, Value: string(h.Instance)},
		{Name: HostByName, Value: h.Name, Unique: true},
	}
}
