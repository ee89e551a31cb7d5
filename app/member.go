package app

import (
	"context"
	"strings"
	"time"
)

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

// NewMember is what AddMember is asked for.
type NewMember struct {
	Group    ID[ResourceGroup]
	Username string
	Role     Role
}

// Members lists the members of a group.
func (a *App) Members(ctx context.Context, who Actor, group ID[ResourceGroup]) ([]Member, error) {
	var members []Member
	err := a.read(ctx, func(r Reader) error {
		if _, err := groupFor(r, who, ActionView, group); err != nil {
			return err
		}
		found, err := gather(r.Members().By(MemberByGroup, string(group)), every[Member])
		members = found
		return err
	})
	return members, err
}

// AddMember gives a user a role in a group, in place of the one they had.
func (a *App) AddMember(ctx context.Context, who Actor, n NewMember) (Member, error) {
	var member Member
	err := a.update(ctx, func(tx Tx) error {
		group, err := groupFor(tx.Reader(), who, ActionOwn, n.Group)
		if err != nil {
			return err
		}
		if err := n.Role.Check(); err != nil {
			return err
		}
		user, err := userCalled(tx.Reader(), n.Username, "")
		if err != nil {
			return err
		}
		if group.Personal == user.ID {
			return Conflict("username", "it is the own group of %s, who stays its owner", user.Name)
		}
		member, err = a.member(tx, group, user)
		if err != nil {
			return err
		}
		member.Role = n.Role
		return tx.Members().Put(member)
	})
	return member, err
}

// RemoveMember takes a member out of a group.
func (a *App) RemoveMember(ctx context.Context, who Actor, id ID[Member]) error {
	return a.update(ctx, func(tx Tx) error {
		if err := signedIn(who); err != nil {
			return err
		}
		member, err := tx.Members().Get(id)
		if err != nil {
			return err
		}
		if err := Authorize(tx.Reader(), who, ActionOwn, Resource{Group: member.Group}, "member"); err != nil {
			return err
		}
		group, err := tx.Groups().Get(member.Group)
		if err != nil {
			return err
		}
		if group.Personal == member.User {
			return Conflict("", "%s is this person's own group; they stay its owner", group.Name)
		}
		return tx.Members().Delete(id)
	})
}

// member returns the user's membership of the group, a new one when there is none.
func (a *App) member(tx Tx, group ResourceGroup, user User) (Member, error) {
	members, err := gather(tx.Members().By(MemberByGroup, group.Key()), func(m Member) bool { return m.User == user.ID })
	if err != nil || len(members) > 0 {
		return first(members), err
	}
	return Member{ID: NewID[Member](a.now()), Group: group.ID, User: user.ID, Created: a.now()}, nil
}

// first returns the first of a list, the zero value for an empty one.
func first[T any](list []T) (one T) {
	if len(list) > 0 {
		one = list[0]
	}
	return one
}

// userCalled returns the user with the name or, where that is empty, the address. Somebody
// who is not known is a fault of the request, and no secret: whoever is asked to
// give a role must be able to say that the name is mistyped.
func userCalled(r Reader, name, email string) (User, error) {
	field, index, value := "username", UserByName, name
	if name == "" {
		field, index, value = "email", UserByEmail, strings.ToLower(email)
	}
	if value == "" {
		return User{}, Invalid("username", "is missing; name a user")
	}
	user, err := r.Users().One(index, value)
	if IsNotFound(err) {
		return User{}, Invalid(field, "there is no user %q; ask an admin to make one", value)
	}
	return user, err
}
