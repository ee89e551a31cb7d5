package app

import (
	"context"
	"strings"
	"time"
)

// Host is a host name that reaches an instance, besides the one the instance was given
// when it was made. KeyPair and ACME certificates come with TLS.
//
// A name reaches one instance. An exact name wins over a wildcard that covers it, so
// the two may stand side by side; but only in one resource group, since whoever
// had the wildcard would lose requests to the other, or take them. Below
// Gondor's own domain an instance may take the names below its own.
type Host struct {
	ID       ID[Host]
	Instance ID[Instance]
	Name     string // unique; lower case; "*.example.com" for all one label below
	Created  time.Time
}

// Indexes of hosts.
const (
	HostByInstance = "instance"
	HostByName     = "name"   // unique
	HostByParent   = "parent" // what is behind the first dot: what a wildcard covers
)

// Key implements Record.
func (h Host) Key() string { return string(h.ID) }

// InstanceID implements OfInstance.
func (h Host) InstanceID() ID[Instance] { return h.Instance }

// Indexes implements Record.
func (h Host) Indexes() []Index {
	return []Index{
		{Name: HostByInstance, Value: string(h.Instance)},
		{Name: HostByName, Value: h.Name, Unique: true},
		{Name: HostByParent, Value: parentOf(h.Name)},
	}
}

// parentOf is the part of a host name behind its first label.
func parentOf(name string) string {
	_, parent, _ := strings.Cut(name, ".")
	return parent
}

// NormalHost is a host name as Gondor keeps and compares it: in lower case (RFC 4343
// section 2) and without the dot of the root at its end.
func NormalHost(name string) string {
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// NewHost is what CreateHost is asked for.
type NewHost struct {
	Instance ID[Instance]
	Name     string
}

// Hosts lists the hosts of an instance, without the domain it was given.
func (a *App) Hosts(ctx context.Context, who Actor, instance ID[Instance]) ([]Host, error) {
	var hosts []Host
	err := a.read(ctx, func(r Reader) error {
		if _, _, err := instanceFor(r, who, ActionView, instance); err != nil {
			return err
		}
		found, err := gather(r.Hosts().By(HostByInstance, string(instance)), every[Host])
		hosts = found
		return err
	})
	return hosts, err
}

// Host returns one host.
func (a *App) Host(ctx context.Context, who Actor, id ID[Host]) (Host, error) {
	var host Host
	err := a.read(ctx, func(r Reader) (err error) {
		host, err = hostFor(r, who, ActionView, id)
		return err
	})
	return host, err
}

// CreateHost lets a host name reach an instance, at once; its processes learn of it by a
// release that follows, for ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS. One that is taken is an error of
// CodeConflict that does not say by whom.
func (a *App) CreateHost(ctx context.Context, who Actor, n NewHost) (Host, error) {
	var host Host
	err := a.update(ctx, func(tx Tx) error {
		instance, site, err := instanceFor(tx.Reader(), who, ActionManage, n.Instance)
		if err != nil {
			return err
		}
		name := NormalHost(n.Name)
		if err := CheckHost("host", name); err != nil {
			return err
		}
		if err := a.checkHostFree(tx.Reader(), instance, site, name); err != nil {
			return err
		}
		host = Host{ID: NewID[Host](a.now()), Instance: instance.ID, Name: name, Created: a.now()}
		if err := tx.Hosts().Put(host); err != nil {
			return err
		}
		if err := a.happened(tx, host.event(who, name+" reaches the instance now.")); err != nil {
			return err
		}
		return a.releaseConfiguration(tx, who, instance, "host "+name+" added")
	})
	return host, err
}

// DeleteHost takes a host name from its instance.
func (a *App) DeleteHost(ctx context.Context, who Actor, id ID[Host]) error {
	return a.update(ctx, func(tx Tx) error {
		host, err := hostFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		if err := tx.Hosts().Delete(host.ID); err != nil {
			return err
		}
		instance, err := tx.Instances().Get(host.Instance)
		if err != nil {
			return err
		}
		if err := a.happened(tx, host.event(who, host.Name+" no longer reaches the instance.")); err != nil {
			return err
		}
		return a.releaseConfiguration(tx, who, instance, "host "+host.Name+" removed")
	})
}

// event is what the feed tells of something that who did to the host.
func (h Host) event(who Actor, text string) Event {
	return Event{Instance: h.Instance, Kind: EventHost, By: who.User, About: h.Key(), Text: text}
}

// hostFor returns the host when who may do the action to its instance.
func hostFor(r Reader, who Actor, action Action, id ID[Host]) (Host, error) {
	if err := signedIn(who); err != nil {
		return Host{}, err
	}
	host, err := r.Hosts().Get(id)
	if IsNotFound(err) {
		return Host{}, NotFound("host")
	}
	if err != nil {
		return Host{}, err
	}
	_, _, err = instanceOf(r, who, action, host.Instance, "host")
	return host, err
}
