package app

import "time"

// User is a person who signs in.
type User struct {
	ID       ID[User]
	Name     string // unique
	Email    string
	Password []byte // as bcrypt keeps it
	Admin    bool   // may do everything, to every group
	Created  time.Time
}

// UserByName is the unique index of users by their name.
const UserByName = "name"

// Key implements Record.
func (u User) Key() string { return string(u.ID) }

// Indexes implements Record.
func (u User) Indexes() []Index { return []Index{{Name: UserByName, Value: u.Name, Unique: true}} }
