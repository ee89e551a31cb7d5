package app

import (
	"context"
	"errors"
)

// CreateUser makes a user and their personal group, which they own. It is for admins.
func (a *App) CreateUser(ctx context.Context, who Actor, n NewUser) (User, error) {
	err := a.read(ctx, func(r Reader) error { return Authorize(r, who, ActionGovern, Resource{}, "") })
	if err != nil {
		return User{}, err
	}
	if err := n.Check(); err != nil {
		return User{}, err
	}
	user, err := a.newUser(n)
	if err != nil {
		return User{}, err
	}
	return user, a.update(ctx, func(tx Tx) error { return a.addUser(tx, user) })
}

// Bootstrap makes the first user of an empty store: the admin called admin, with the
// password, or a random one when it is empty. It returns the password that the user
// got, or "" when the store has users already. It is for who starts Gondor, and asks
// for no actor.
func (a *App) Bootstrap(ctx context.Context, password string) (used string, err error) {
	empty, err := a.hasNoUsers(ctx)
	if err != nil || !empty {
		return "", err
	}
	if password == "" {
		password = RandomSecret()
	}
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	user, err := a.newUser(NewUser{Name: "admin", Password: password, Admin: true})
	if err != nil {
		return "", err
	}
	if err := a.update(ctx, func(tx Tx) error { return a.addUser(tx, user) }); err != nil {
		return "", err
	}
	return password, nil
}

func (a *App) hasNoUsers(ctx context.Context) (bool, error) {
	empty := true
	err := a.read(ctx, func(r Reader) error {
		for _, err := range r.Users().Each() {
			empty = false
			return err
		}
		return nil
	})
	return empty, err
}

// newUser returns the record of a user who was checked.
func (a *App) newUser(n NewUser) (User, error) {
	hash, err := a.hashPassword(n.Password)
	now := a.now()
	return User{ID: NewID[User](now), Name: n.Name, Email: n.Email, Password: hash, Admin: n.Admin, Created: now}, err
}

// addUser stores a new user with the group of their own.
func (a *App) addUser(tx Tx, user User) error {
	if _, err := tx.Groups().One(GroupByName, user.Name); !IsNotFound(err) {
		return taken(err, "username", "%q is taken; choose another", user.Name)
	}
	if _, err := tx.Users().One(UserByName, user.Name); !IsNotFound(err) {
		return taken(err, "username", "%q is taken; choose another", user.Name)
	}
	if err := tx.Users().Put(user); errors.Is(err, ErrNotUnique) {
		return Conflict("email", "%q belongs to another user; give another address", user.Email)
	} else if err != nil {
		return err
	}
	group, err := a.addGroup(tx, user.Name, user.ID)
	if err != nil {
		return err
	}
	return tx.Members().Put(Member{
		ID: NewID[Member](a.now()), Group: group.ID, User: user.ID, Role: Owner, Created: a.now(),
	})
}

// taken returns the conflict that a look-up has found, or why the look-up failed.
func taken(err error, field, format string, args ...any) error {
	if err != nil {
		return err
	}
	return Conflict(field, format, args...)
}

// ChangePassword gives oneself, or for an admin anybody, a new password, and ends all
// sign-ins made with the old one.
func (a *App) ChangePassword(ctx context.Context, who Actor, id ID[User], password string) error {
	if _, err := a.User(ctx, who, id); err != nil {
		return err
	}
	if err := CheckPassword(password); err != nil {
		return err
	}
	hash, err := a.hashPassword(password)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		user, err := userFor(tx.Reader(), who, ActionView, id)
		if err != nil {
			return err
		}
		user.Password = hash
		if err := tx.Users().Put(user); err != nil {
			return err
		}
		return deleteAll(tx.Tokens(), TokenByUser, user.Key())
	})
}

// DeleteUser removes a user with their memberships, sign-ins and personal group, for an
// admin. It is refused while that group has sites, and for the last admin.
func (a *App) DeleteUser(ctx context.Context, who Actor, id ID[User]) error {
	return a.update(ctx, func(tx Tx) error {
		user, err := userFor(tx.Reader(), who, ActionGovern, id)
		if err != nil {
			return err
		}
		if err := notLastAdmin(tx.Reader(), user); err != nil {
			return err
		}
		group, err := tx.Groups().One(GroupByPersonal, user.Key())
		if err != nil {
			return err
		}
		if err := removeGroup(tx, group); err != nil {
			return err
		}
		return removeUser(tx, user)
	})
}

func removeUser(tx Tx, user User) error {
	if err := deleteAll(tx.Members(), MemberByUser, user.Key()); err != nil {
		return err
	}
	if err := deleteAll(tx.SiteUsers(), SiteUserByUser, user.Key()); err != nil {
		return err
	}
	if err := deleteAll(tx.Tokens(), TokenByUser, user.Key()); err != nil {
		return err
	}
	return tx.Users().Delete(user.ID)
}

func notLastAdmin(r Reader, user User) error {
	if !user.Admin {
		return nil
	}
	others, err := gather(r.Users().Each(), func(u User) bool { return u.Admin && u.ID != user.ID })
	if err == nil && len(others) == 0 {
		return Conflict("", "%s is the last admin; make another admin first", user.Name)
	}
	return err
}
