package app

import (
	"context"
	"time"
)

// Instance is a running copy of a site.
type Instance struct {
	ID    ID[Instance]
	Site  ID[Site]
	Label string // unique in its site: primary, staging, a branch
	Kind  InstanceKind
	// Domain is the host name it was given when it was made. It never changes.
	Domain string
	// LastRelease is the number of its newest release, 0 before the first.
	LastRelease int
	// Secret is its stable SECRET_KEY, given to its processes unless one is set.
	Secret  Sealed
	Created time.Time
	// Deleted is when its deletion was asked for, zero before. From then on no use case
	// finds it, and its label and domain are free; its records go when the engine has
	// removed all that it ran and kept.
	Deleted time.Time
}

// InstanceKind says what an instance is for.
type InstanceKind string

// The kinds of instances.
const (
	Production  InstanceKind = "production"
	Staging     InstanceKind = "staging"
	Development InstanceKind = "development"
)

// Check says whether the kind is one of the three.
func (k InstanceKind) Check() error {
	switch k {
	case Production, Staging, Development:
		return nil
	}
	return Invalid("kind", "%q is not a kind of instance; use production, staging or development", string(k))
}

// PrimaryLabel is the label of the first instance of a site.
const PrimaryLabel = "primary"

// Indexes of instances.
const (
	InstanceBySite   = "site"
	InstanceByLabel  = "label"  // unique, "SITE-ID/LABEL"; not of deleted ones
	InstanceByDomain = "domain" // unique; not of deleted ones
)

// Key implements Record.
func (i Instance) Key() string { return string(i.ID) }

// InstanceID implements OfInstance.
func (i Instance) InstanceID() ID[Instance] { return i.ID }

// Indexes implements Record.
func (i Instance) Indexes() []Index {
	label, domain := "", ""
	if i.alive() {
		label, domain = string(i.Site)+"/"+i.Label, i.Domain
	}
	return []Index{
		{Name: InstanceBySite, Value: string(i.Site)},
		{Name: InstanceByLabel, Value: label, Unique: true},
		{Name: InstanceByDomain, Value: domain, Unique: true},
	}
}

// alive reports whether nobody has asked for its deletion.
func (i Instance) alive() bool { return i.Deleted.IsZero() }

// aliveInstance returns an instance whose deletion nobody has asked for. CodeNotFound for
// others.
func aliveInstance(r Reader, id ID[Instance]) (Instance, error) {
	instance, err := r.Instances().Get(id)
	if err == nil && !instance.alive() {
		return Instance{}, NotFound("instance")
	}
	return instance, err
}

// NewInstance is what CreateInstance is asked for.
type NewInstance struct {
	Site  ID[Site]
	Label string
	Kind  InstanceKind
}

// Instances lists the instances of a site or, when it is empty, of all sites that who
// may see.
func (a *App) Instances(ctx context.Context, who Actor, site ID[Site]) ([]Instance, error) {
	var instances []Instance
	err := a.read(ctx, func(r Reader) (err error) {
		if site == "" {
			instances, err = instancesInSight(r, who)
			return err
		}
		of, err := siteFor(r, who, ActionView, site)
		if err != nil {
			return err
		}
		instances, err = instancesOf(r, of)
		return err
	})
	return instances, err
}

// Instance returns one instance.
func (a *App) Instance(ctx context.Context, who Actor, id ID[Instance]) (Instance, error) {
	var instance Instance
	err := a.read(ctx, func(r Reader) (err error) {
		instance, _, err = instanceFor(r, who, ActionView, id)
		return err
	})
	return instance, err
}

// CreateInstance makes an instance without services, with its host name and its secret.
func (a *App) CreateInstance(ctx context.Context, who Actor, n NewInstance) (Instance, error) {
	var instance Instance
	err := a.update(ctx, func(tx Tx) error {
		site, err := siteFor(tx.Reader(), who, ActionManage, n.Site)
		if err != nil {
			return err
		}
		if err := checkNewInstance(tx.Reader(), site, n); err != nil {
			return err
		}
		domain, err := a.giveDomain(tx.Reader(), site, n.Label)
		if err != nil {
			return err
		}
		instance = Instance{
			ID: NewID[Instance](a.now()), Site: site.ID, Label: n.Label, Kind: n.Kind,
			Domain: domain, Secret: a.Vault.Seal(RandomSecret() + RandomSecret()), Created: a.now(),
		}
		return tx.Instances().Put(instance)
	})
	return instance, err
}

// DeleteInstance asks for the end of an instance with all that it keeps. No use case
// finds it any more; the reconciler takes it down.
func (a *App) DeleteInstance(ctx context.Context, who Actor, id ID[Instance]) error {
	return a.update(ctx, func(tx Tx) error {
		instance, _, err := instanceFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		return a.markDeleted(tx, instance)
	})
}

// markDeleted hides an instance and frees its host names.
func (a *App) markDeleted(tx Tx, instance Instance) error {
	if err := deleteAll(tx.Hosts(), HostByInstance, instance.Key()); err != nil {
		return err
	}
	if err := a.settleAll(tx, instance.ID, "The instance was deleted."); err != nil {
		return err
	}
	instance.Deleted = a.now()
	return tx.Instances().Put(instance)
}

// checkNewInstance says whether the site can have such an instance.
func checkNewInstance(r Reader, site Site, n NewInstance) error {
	if err := CheckName("label", n.Label); err != nil {
		return err
	}
	if err := n.Kind.Check(); err != nil {
		return err
	}
	if _, err := r.Instances().One(InstanceByLabel, site.Key()+"/"+n.Label); !IsNotFound(err) {
		return taken(err, "label", "%s has an instance labelled %q already; choose another label", site.Name, n.Label)
	}
	return nil
}

// instancesOf lists the instances of a site that are not deleted.
func instancesOf(r Reader, site Site) ([]Instance, error) {
	return gather(r.Instances().By(InstanceBySite, site.Key()), Instance.alive)
}

// instancesInSight lists the instances of all sites that who may see.
func instancesInSight(r Reader, who Actor) ([]Instance, error) {
	seen, err := sightOf(r, who)
	if err != nil {
		return nil, err
	}
	sites, err := gather(r.Sites().Each(), seen.sees)
	if err != nil {
		return nil, err
	}
	visible := make(map[ID[Site]]bool, len(sites))
	for _, site := range sites {
		visible[site.ID] = true
	}
	return gather(r.Instances().Each(), func(i Instance) bool { return i.alive() && visible[i.Site] })
}
