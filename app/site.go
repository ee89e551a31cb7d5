package app

import "time"

// Site is one project of a resource group: GROUP/NAME.
type Site struct {
	ID      ID[Site]
	Group   ID[ResourceGroup]
	Name    string // unique in its group
	Created time.Time
	// Deleted is when its deletion was asked for, zero before. From then on no use case
	// finds it; its record goes after those of its instances.
	Deleted time.Time
}

// Indexes of sites.
const (
	SiteByGroup = "group"
	SiteByName  = "name" // unique, "GROUP-ID/NAME"
)

// Key implements Record.
func (s Site) Key() string { return string(s.ID) }

// Indexes implements Record.
func (s Site) Indexes() []Index {
	return []Index{
		{Name: SiteByGroup, Value: string(s.Group)},
		{Name: SiteByName, Value: string(s.Group) + "/" + s.Name, Unique: true},
	}
}

// Resource is the site as Authorize wants it.
func (s Site) Resource() Resource { return Resource{Group: s.Group, Site: s.ID} }
