package app

import (
	"context"
	"net/mail"
	"strings"
	"time"
)

// User is a person who signs in.
type User struct {
	ID       ID[User]
	Name     string // unique
	Email    string // unique unless empty, letter case aside
	Password []byte // as bcrypt keeps it
	Admin    bool   // may do everything, to every group
	Created  time.Time
}

// Indexes of users.
const (
	UserByName  = "name"  // unique
	UserByEmail = "email" // unique, in lower case
)

// Key implements Record.
func (u User) Key() string { return string(u.ID) }

// Indexes implements Record.
func (u User) Indexes() []Index {
	return []Index{
		{Name: UserByName, Value: u.Name, Unique: true},
		{Name: UserByEmail, Value: strings.ToLower(u.Email), Unique: true},
	}
}

// NewUser is what CreateUser is asked for.
type NewUser struct {
	Name     string // a name as of a group: the personal group has it too
	Email    string // may be empty
	Password string
	Admin    bool
}

// Check says whether such a user can be.
func (n NewUser) Check() error {
	if err := CheckName("username", n.Name); err != nil {
		return err
	}
	if err := CheckEmail("email", n.Email); err != nil {
		return err
	}
	return CheckPassword(n.Password)
}

// CheckEmail checks an address as RFC 5322 section 3.4.1 has it, without a name; empty
// is right too. field names it in the error.
func CheckEmail(field, email string) error {
	if email == "" {
		return nil
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > MaxEmailLength {
		return Invalid(field, "%q is not an e-mail address; give one such as %q", email, "you@example.com")
	}
	return nil
}

// Me returns who calls and their personal group.
func (a *App) Me(ctx context.Context, who Actor) (User, ResourceGroup, error) {
	var user User
	var group ResourceGroup
	err := a.read(ctx, func(r Reader) (err error) {
		if user, err = userFor(r, who, ActionView, who.User); err != nil {
			return err
		}
		group, err = r.Groups().One(GroupByPersonal, string(who.User))
		return err
	})
	return user, group, err
}

// Users lists everybody, for an admin.
func (a *App) Users(ctx context.Context, who Actor) ([]User, error) {
	var users []User
	err := a.read(ctx, func(r Reader) (err error) {
		if err := Authorize(r, who, ActionGovern, Resource{}, ""); err != nil {
			return err
		}
		users, err = gather(r.Users().Each(), every[User])
		return err
	})
	return users, err
}

// User returns one user: oneself, or for an admin any.
func (a *App) User(ctx context.Context, who Actor, id ID[User]) (User, error) {
	var user User
	err := a.read(ctx, func(r Reader) (err error) {
		user, err = userFor(r, who, ActionView, id)
		return err
	})
	return user, err
}

// userFor returns the user when who may do the action to them: an admin anything,
// everybody ActionView to themselves.
func userFor(r Reader, who Actor, action Action, id ID[User]) (User, error) {
	if err := signedIn(who); err != nil {
		return User{}, err
	}
	if !who.Admin && id != who.User {
		return User{}, NotFound("user")
	}
	if err := Authorize(r, who, action, Resource{}, "user"); err != nil {
		return User{}, err
	}
	return r.Users().Get(id)
}
