package app

import "time"

// ResourceGroup owns sites and key pairs: a person's own group, or a team's.
type ResourceGroup struct {
	ID       ID[ResourceGroup]
	Number   uint64   // what the API calls id, from 1
	Name     string   // unique; a person's own group has the person's name
	Personal ID[User] // the person whose own group it is; empty for a team's
	Created  time.Time
}

// Indexes of resource groups.
const (
	GroupByName     = "name"     // unique
	GroupByPersonal = "personal" // unique
)

// Key implements Record.
func (g ResourceGroup) Key() string { return string(g.ID) }

// Indexes implements Record.
func (g ResourceGroup) Indexes() []Index {
	return []Index{
		{Name: GroupByName, Value: g.Name, Unique: true},
		{Name: GroupByPersonal, Value: string(g.Personal), Unique: true},
	}
}
