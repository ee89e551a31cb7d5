package app

import (
	"context"
	"time"
)

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

// Groups lists the groups that who is a member of, and those of the sites that who is a
// user of; for an admin all.
func (a *App) Groups(ctx context.Context, who Actor) ([]ResourceGroup, error) {
	var groups []ResourceGroup
	err := a.read(ctx, func(r Reader) error {
		seen, err := sightOf(r, who)
		if err != nil {
			return err
		}
		visible, err := seen.groupsOfSites(r)
		if err != nil {
			return err
		}
		groups, err = gather(r.Groups().Each(), func(g ResourceGroup) bool {
			return seen.all || seen.groups[g.ID] || visible[g.ID]
		})
		return err
	})
	return groups, err
}

// Group returns one of the groups that Groups lists.
func (a *App) Group(ctx context.Context, who Actor, id ID[ResourceGroup]) (ResourceGroup, error) {
	var group ResourceGroup
	err := a.read(ctx, func(r Reader) (err error) {
		group, err = groupInSight(r, who, id)
		return err
	})
	return group, err
}

// CreateGroup makes a team's group without members. It is for admins.
func (a *App) CreateGroup(ctx context.Context, who Actor, name string) (ResourceGroup, error) {
	var group ResourceGroup
	err := a.update(ctx, func(tx Tx) (err error) {
		if err := Authorize(tx.Reader(), who, ActionGovern, Resource{}, ""); err != nil {
			return err
		}
		if err := CheckName("name", name); err != nil {
			return err
		}
		if _, err := tx.Groups().One(GroupByName, name); !IsNotFound(err) {
			return taken(err, "name", "%q is taken; choose another", name)
		}
		group, err = a.addGroup(tx, name, "")
		return err
	})
	return group, err
}

// DeleteGroup removes a team's group and its memberships. It is refused while the group
// has sites.
func (a *App) DeleteGroup(ctx context.Context, who Actor, id ID[ResourceGroup]) error {
	return a.update(ctx, func(tx Tx) error {
		group, err := groupFor(tx.Reader(), who, ActionOwn, id)
		if err != nil {
			return err
		}
		if group.Personal != "" {
			return Conflict("", "%s is a person's own group and goes with its user", group.Name)
		}
		return removeGroup(tx, group)
	})
}

// groupFor returns the group when who may do the action to it as a member.
func groupFor(r Reader, who Actor, action Action, id ID[ResourceGroup]) (ResourceGroup, error) {
	if err := signedIn(who); err != nil {
		return ResourceGroup{}, err
	}
	group, err := r.Groups().Get(id)
	if IsNotFound(err) {
		return ResourceGroup{}, NotFound("resource group")
	}
	if err != nil {
		return ResourceGroup{}, err
	}
	return group, Authorize(r, who, action, Resource{Group: id}, "resource group")
}

// groupInSight is groupFor to view, also for the users of the group's sites: they find
// their site by the name GROUP/SITE.
func groupInSight(r Reader, who Actor, id ID[ResourceGroup]) (ResourceGroup, error) {
	group, err := groupFor(r, who, ActionView, id)
	if !IsNotFound(err) {
		return group, err
	}
	seen, failed := sightOf(r, who)
	if failed != nil {
		return ResourceGroup{}, failed
	}
	visible, failed := seen.groupsOfSites(r)
	if failed != nil {
		return ResourceGroup{}, failed
	}
	if !visible[id] {
		return ResourceGroup{}, err
	}
	return group, nil
}

// addGroup stores a group whose name is free.
func (a *App) addGroup(tx Tx, name string, personal ID[User]) (ResourceGroup, error) {
	number, err := tx.Groups().Next()
	if err != nil {
		return ResourceGroup{}, err
	}
	group := ResourceGroup{ID: NewID[ResourceGroup](a.now()), Number: number, Name: name, Personal: personal, Created: a.now()}
	return group, tx.Groups().Put(group)
}

// removeGroup deletes a group without sites, and its memberships.
func removeGroup(tx Tx, group ResourceGroup) error {
	sites, err := gather(tx.Sites().By(SiteByGroup, group.Key()), Site.alive)
	if err != nil {
		return err
	}
	if len(sites) > 0 {
		return Conflict("", "the resource group %s still has sites, such as %s; delete them first", group.Name, sites[0].Name)
	}
	if err := orElse(deleteAll(tx.Members(), MemberByGroup, group.Key()), deleteReceivers(tx, ReceiverOwner{Group: group.ID})); err != nil {
		return err
	}
	return tx.Groups().Delete(group.ID)
}
