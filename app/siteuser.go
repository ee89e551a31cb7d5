package app

import (
	"context"
	"time"
)

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

// NewSiteUser is what AddSiteUser is asked for. Username or Email says who.
type NewSiteUser struct {
	Site     ID[Site]
	Username string
	Email    string
	Role     Role
}

// SiteUsers lists the users of a site, not the members of its group.
func (a *App) SiteUsers(ctx context.Context, who Actor, site ID[Site]) ([]SiteUser, error) {
	var users []SiteUser
	err := a.read(ctx, func(r Reader) error {
		if _, err := siteFor(r, who, ActionView, site); err != nil {
			return err
		}
		found, err := gather(r.SiteUsers().By(SiteUserBySite, string(site)), every[SiteUser])
		users = found
		return err
	})
	return users, err
}

// AddSiteUser gives a user a role in a site, in place of the one they had there.
func (a *App) AddSiteUser(ctx context.Context, who Actor, n NewSiteUser) (SiteUser, error) {
	var added SiteUser
	err := a.update(ctx, func(tx Tx) error {
		site, err := siteFor(tx.Reader(), who, ActionOwn, n.Site)
		if err != nil {
			return err
		}
		if err := n.Role.Check(); err != nil {
			return err
		}
		user, err := userCalled(tx.Reader(), n.Username, n.Email)
		if err != nil {
			return err
		}
		if added, err = a.siteUser(tx, site, user); err != nil {
			return err
		}
		added.Role = n.Role
		return tx.SiteUsers().Put(added)
	})
	return added, err
}

// RemoveSiteUser takes a user's role in a site away.
func (a *App) RemoveSiteUser(ctx context.Context, who Actor, id ID[SiteUser]) error {
	return a.update(ctx, func(tx Tx) error {
		if err := signedIn(who); err != nil {
			return err
		}
		user, err := tx.SiteUsers().Get(id)
		if IsNotFound(err) {
			return NotFound("site user")
		}
		if err != nil {
			return err
		}
		if _, err := siteOf(tx.Reader(), who, ActionOwn, user.Site, "site user"); err != nil {
			return err
		}
		return tx.SiteUsers().Delete(id)
	})
}

// siteUser returns the user's record in the site, a new one when there is none.
func (a *App) siteUser(tx Tx, site Site, user User) (SiteUser, error) {
	users, err := gather(tx.SiteUsers().By(SiteUserBySite, site.Key()), func(u SiteUser) bool { return u.User == user.ID })
	if err != nil || len(users) > 0 {
		return first(users), err
	}
	return SiteUser{ID: NewID[SiteUser](a.now()), Site: site.ID, User: user.ID, Created: a.now()}, nil
}
