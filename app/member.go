package app

import "time"

// Member gives a user a role in a resource group, and so in all of its sites.
type Member struct {
	ID      ID[Member]
	Group   ID[ResourceGroup]
	User    ID[User]
	Role    Role
	Created time.Time
}

// Indexes of members.
const (
	MemberByGroup = "group"
	MemberByUser  = "user"
)

// Key implements Record.
func (m Member) Key() string { return string(m.ID) }

// Indexes implements Record.
func (m Member) Indexes() []Index {
	return []Index{{Name: MemberByGroup, Value: string(m.Group)}, {Name: MemberByUser, Value: string(m.User)}}
}
