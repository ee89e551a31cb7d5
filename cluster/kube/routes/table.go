package routes

import (
	"reflect"
	"slices"
	"strings"

	"gondor/app"
)

// table is who claims which host, and what of it has been told.
type table struct {
	claims map[string]*claim   // by the Service's name
	hosts  map[string][]*claim // who wants a host, the winner first
	told   map[string]app.Route
}

func newTable() *table {
	return &table{claims: map[string]*claim{}, hosts: map[string][]*claim{}, told: map[string]app.Route{}}
}

// put replaces what a Service claims by another claim, or by none, and returns the hosts
// whose routes may have changed.
func (t *table) put(name string, next *claim) (touched []string) {
	if before := t.claims[name]; before != nil {
		for _, host := range before.hosts {
			t.hosts[host] = slices.DeleteFunc(t.hosts[host], func(c *claim) bool { return c == before })
			if len(t.hosts[host]) == 0 {
				delete(t.hosts, host)
			}
		}
		touched = before.hosts
		delete(t.claims, name)
	}
	if next == nil {
		return touched
	}
	t.claims[name] = next
	for _, host := range next.hosts {
		t.hosts[host] = append(t.hosts[host], next)
		slices.SortFunc(t.hosts[host], (*claim).before)
	}
	return append(slices.Clone(touched), next.hosts...)
}

// change returns what to tell of a host, and whether there is anything.
func (t *table) change(host string) (app.RouteChange, bool) {
	before, known := t.told[host]
	claims := t.hosts[host]
	if len(claims) == 0 {
		delete(t.told, host)
		return app.RouteChange{Route: app.Route{Host: host}, Removed: true}, known
	}
	route := claims[0].route
	route.Host = host
	t.told[host] = route
	return app.RouteChange{Route: route}, !known || !reflect.DeepEqual(before, route)
}

// objections are what to tell the Service of: faults of its annotation, and hosts that
// another has. None for one that claims nothing.
func (t *table) objections(name string) (all []objection) {
	c := t.claims[name]
	if c == nil {
		return nil
	}
	if len(c.faults) > 0 {
		all = append(all, objection{c.service, reasonInvalid, strings.Join(c.faults, " ")})
	}
	for _, host := range c.hosts {
		if winner := t.hosts[host][0]; winner != c {
			all = append(all, objection{c.service, reasonTaken, taken(host, winner)})
		}
	}
	return all
}

func taken(host string, winner *claim) string {
	why := "which had it before"
	if winner.own {
		why = "which is one of Gondor's own"
	}
	return "The host " + host + " goes to the Service " + winner.name() + ", " + why +
		`. Take it out of the annotation "router" of one of the two.`
}
