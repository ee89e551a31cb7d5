package app

import "time"

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
