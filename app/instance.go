package app

import "time"

// Instance is a running copy of a site.
type Instance struct {
	ID    ID[Instance]
	Site  ID[Site]
	Label string // unique in its site: primary, staging, a branch
	Kind  InstanceKind
	// Domain is the host name it was given when it was made. It never changes.
	Domain string
	// LastRelease is the number of its newest release, 0 before the first.
	LastRelease int
	// Secret is its stable SECRET_KEY, given to its processes unless one is set.
	Secret  Sealed
	Created time.Time
	// Deleted is when its deletion was asked for, zero before. From then on no use case
	// finds it; its records go when the engine has removed all that it ran and kept.
	Deleted time.Time
}

// InstanceKind says what an instance is for.
type InstanceKind string

// The kinds of instances.
const (
	Production  InstanceKind = "production"
	Staging     InstanceKind = "staging"
	Development InstanceKind = "development"
)

// Check says whether the kind is one of the three.
func (k InstanceKind) Check() error {
	switch k {
	case Production, Staging, Development:
		return nil
	}
	return Invalid("kind", "%q is not a kind of instance; use production, staging or development", string(k))
}

// PrimaryLabel is the label of the first instance of a site.
const PrimaryLabel = "primary"

// Indexes of instances.
const (
	InstanceBySite   = "site"
	InstanceByLabel  = "label"  // unique, "SITE-ID/LABEL"
	InstanceByDomain = "domain" // unique
)

// Key implements Record.
func (i Instance) Key() string { return string(i.ID) }

// InstanceID implements OfInstance.
func (i Instance) InstanceID() ID[Instance] { return i.ID }

// Indexes implements Record.
func (i Instance) Indexes() []Index {
	return []Index{
		{Name: InstanceBySite, Value: string(i.Site)},
		{Name: InstanceByLabel, Value: string(i.Site) + "/" + i.Label, Unique: true},
		{Name: InstanceByDomain, Value: i.Domain, Unique: true},
	}
}
