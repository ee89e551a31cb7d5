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

// SiteUser gives a user a role in one site.
type SiteUser struct {
	ID      ID[SiteUser]
	Site    ID[Site]
	User    ID[User]
	Role    Role
	Created time.Time
}

// Indexes of site users.
const (
	SiteUserBySite = "site"
	SiteUserByUser = "user"
)

// Key implements Record.
func (u SiteUser) Key() string { return string(u.ID) }

// Indexes implements Record.
func (u SiteUser) Indexes() []Index {
	return []Index{{Name: SiteUserBySite, Value: string(u.Site)}, {Name: SiteUserByUser, Value: string(u.User)}}
}
