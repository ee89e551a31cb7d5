package app

import (
	"context"
	"time"
)

// Site is one project of a resource group: GROUP/NAME.
type Site struct {
	ID      ID[Site]
	Group   ID[ResourceGroup]
	Name    string // unique in its group
	Created time.Time
	// Deleted is when its deletion was asked for, zero before. From then on no use case
	// finds it and its name is free; its record goes after those of its instances.
	Deleted time.Time
}

// Indexes of sites.
const (
	SiteByGroup = "group"
	SiteByName  = "name" // unique, "GROUP-ID/NAME"; not of deleted ones
)

// Key implements Record.
func (s Site) Key() string { return string(s.ID) }

// Indexes implements Record.
func (s Site) Indexes() []Index {
	name := ""
	if s.alive() {
		name = string(s.Group) + "/" + s.Name
	}
	return []Index{
		{Name: SiteByGroup, Value: string(s.Group)},
		{Name: SiteByName, Value: name, Unique: true},
	}
}

// Resource is the site as Authorize wants it.
func (s Site) Resource() Resource { return Resource{Group: s.Group, Site: s.ID} }

// alive reports whether nobody has asked for its deletion.
func (s Site) alive() bool { return s.Deleted.IsZero() }

// NewSite is what CreateSite is asked for.
type NewSite struct {
	Group ID[ResourceGroup] // empty for the own group of who asks
	Name  string            // empty for a name that is made up
}

// Sites lists the sites that who may see, of one group or, when it is empty, of all.
func (a *App) Sites(ctx context.Context, who Actor, group ID[ResourceGroup]) ([]Site, error) {
	var sites []Site
	err := a.read(ctx, func(r Reader) error {
		seen, err := sightOf(r, who)
		if err != nil {
			return err
		}
		rows := r.Sites().Each()
		if group != "" {
			if _, err := groupInSight(r, who, group); err != nil {
				return err
			}
			rows = r.Sites().By(SiteByGroup, string(group))
		}
		sites, err = gather(rows, seen.sees)
		return err
	})
	return sites, err
}

// Site returns one site.
func (a *App) Site(ctx context.Context, who Actor, id ID[Site]) (Site, error) {
	var site Site
	err := a.read(ctx, func(r Reader) (err error) {
		site, err = siteFor(r, who, ActionView, id)
		return err
	})
	return site, err
}

// CreateSite makes a site without instances.
func (a *App) CreateSite(ctx context.Context, who Actor, n NewSite) (Site, error) {
	var site Site
	err := a.update(ctx, func(tx Tx) error {
		group, err := groupForSite(tx.Reader(), who, n.Group)
		if err != nil {
			return err
		}
		name, err := nameForSite(tx.Reader(), group, n.Name)
		if err != nil {
			return err
		}
		site = Site{ID: NewID[Site](a.now()), Group: group.ID, Name: name, Created: a.now()}
		return tx.Sites().Put(site)
	})
	return site, err
}

// DeleteSite asks for the end of a site with its instances and all that they keep. No
// use case finds them any more; the reconciler takes them down.
func (a *App) DeleteSite(ctx context.Context, who Actor, id ID[Site]) error {
	return a.update(ctx, func(tx Tx) error {
		site, err := siteFor(tx.Reader(), who, ActionOwn, id)
		if err != nil {
			return err
		}
		instances, err := instancesOf(tx.Reader(), site)
		if err != nil {
			return err
		}
		for _, instance := range instances {
			if err := a.markDeleted(tx, instance); err != nil {
				return err
			}
		}
		site.Deleted = a.now()
		return tx.Sites().Put(site)
	})
}

// groupForSite returns the group that a new site is to belong to.
func groupForSite(r Reader, who Actor, id ID[ResourceGroup]) (ResourceGroup, error) {
	if err := signedIn(who); err != nil {
		return ResourceGroup{}, err
	}
	if id != "" {
		return groupFor(r, who, ActionManage, id)
	}
	own, err := r.Groups().One(GroupByPersonal, string(who.User))
	if err != nil {
		return ResourceGroup{}, err
	}
	return groupFor(r, who, ActionManage, own.ID)
}

// nameForSite returns the name if it can be used in the group, or one that can when it
// is empty.
func nameForSite(r Reader, group ResourceGroup, name string) (string, error) {
	if name == "" {
		return freeSiteName(r, group)
	}
	if err := CheckName("name", name); err != nil {
		return "", err
	}
	if _, err := r.Sites().One(SiteByName, group.Key()+"/"+name); !IsNotFound(err) {
		return "", taken(err, "name", "%s has a site called %q already; choose another name", group.Name, name)
	}
	return name, nil
}
