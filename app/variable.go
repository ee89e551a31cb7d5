package app

import "time"

// Variable is an environment variable, set on a site, an instance or a service; the
// nearest wins. Exactly one of the three is set.
type Variable struct {
	ID       ID[Variable]
	Site     ID[Site]
	Instance ID[Instance]
	Service  ID[Service]
	Name     string // what the API calls key
	Value    Sealed
	// Build says that it is given to builds and not to processes.
	Build   bool
	Created time.Time
	Changed time.Time
}

// VariableByOwner is the index of variables by the ID of their site, instance or service.
const VariableByOwner = "owner"

// VariableByName is the unique index "OWNER-ID/NAME", with "/build" behind it for those
// of builds.
const VariableByName = "name"

// Owner is the ID of the site, instance or service that it is set on.
func (v Variable) Owner() string { return string(v.Site) + string(v.Instance) + string(v.Service) }

// Key implements Record.
func (v Variable) Key() string { return string(v.ID) }

// InstanceID implements OfInstance; empty for a variable of a site or a service.
func (v Variable) InstanceID() ID[Instance] { return v.Instance }

// Indexes implements Record.
func (v Variable) Indexes() []Index {
	name := v.Owner() + "/" + v.Name
	if v.Build {
		name += "/build"
	}
	return []Index{
		{Name: VariableByOwner, Value: v.Owner()},
		{Name: VariableByName, Value: name, Unique: true},
	}
}
