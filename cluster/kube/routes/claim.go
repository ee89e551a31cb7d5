package routes

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"gondor/app"
)

// claim is one Service that wants hosts. Of several that want the same host, Gondor's own
// win over others, then the oldest does.
type claim struct {
	service *corev1.Service
	own     bool
	hosts   []string
	faults  []string
	route   app.Route // but for its Host

	port      port
	known     map[string]endpoint
	lost      map[string]loss
	replaced  map[string]loss // that were ready until the Service began to select others
	reordered time.Time       // when it did
}

// loss is an endpoint that stands in no slice any more.
type loss struct {
	endpoint
	since time.Time
}

// name names the Service as people do.
func (c *claim) name() string { return c.service.Namespace + "/" + c.service.Name }

// before orders those who claim one host: the first wins.
func (c *claim) before(other *claim) int {
	if c.own != other.own {
		if c.own {
			return -1
		}
		return 1
	}
	return cmp.Or(
		c.service.CreationTimestamp.Compare(other.service.CreationTimestamp.Time),
		cmp.Compare(c.name(), other.name()),
	)
}

// newClaim reads a Service; nil when it has no annotation.
func newClaim(s *corev1.Service, own bool) *claim {
	text, routed := s.Annotations[Key]
	if !routed {
		return nil
	}
	said, faults := Parse(text)
	found, fault := portOf(s, said.Config.Port)
	if fault != "" {
		faults = append(faults, fault)
	}
	c := &claim{service: s, own: own, hosts: said.Hosts, faults: faults, port: found, lost: map[string]loss{}, replaced: map[string]loss{}}
	c.route = app.Route{Notice: cmp.Or(said.Config.Notice, unanswered), Service: cmp.Or(said.Config.Service, s.Name)}
	if own {
		c.route.Instance = said.Config.Instance
	}
	return c
}

// unanswered is told to people when a Service gives no reason of its own.
const unanswered = "This site is not answering right now."

// lingering is how long an endpoint stays that has vanished from all slices without
// having been told to end: slices are rewritten one after the other, and meanwhile it may
// stand in none.
const lingering = 500 * time.Millisecond

// settling is how long slices may take to follow a Service that selects other pods. What
// vanishes then is meant to: it has been replaced and lingers.
const settling = 5 * time.Second

// fill sets the backends from the slices, after what was known before; before may be
// nil. It returns after which time the claim must be looked at again, 0 for at its next
// change, because something lingers.
func (c *claim) fill(list []*discoveryv1.EndpointSlice, before *claim, now time.Time) (again time.Duration) {
	c.known = endpointsOf(list, c.port, c.service.Spec.IPFamilies)
	if before != nil {
		c.follow(before, now)
	}
	served := maps.Clone(c.known)
	for address, one := range c.lost {
		served[address] = one.endpoint
	}
	c.route.Backends = pick(served, c.own)
	c.route.Draining = c.draining()
	switch {
	case len(c.lost) > 0:
		return lingering
	case len(c.replaced) > 0:
		return app.Linger
	}
	return 0
}

// draining are the endpoints that get no requests any more and still answer.
func (c *claim) draining() []app.Backend {
	var backends []app.Backend
	for _, e := range c.known {
		if e.readiness == leaving && !slices.Contains(c.route.Backends, e.Backend) {
			backends = append(backends, e.Backend)
		}
	}
	for _, one := range c.replaced {
		backends = append(backends, one.Backend)
	}
	slices.SortFunc(backends, byAddress)
	return backends
}

// follow keeps those that vanished a moment ago.
func (c *claim) follow(before *claim, now time.Time) {
	if c.reordered = before.reordered; !reflect.DeepEqual(before.service.Spec.Selector, c.service.Spec.Selector) {
		c.reordered = now
	}
	if before.port != c.port {
		return
	}
	if now.Sub(c.reordered) < settling {
		c.replaced = c.missing(before.known, before.replaced, now, app.Linger)
		return
	}
	c.replaced = c.missing(nil, before.replaced, now, app.Linger)
	c.lost = c.missing(before.known, before.lost, now, lingering)
}

// missing are those that were missing before, and those that were known as ready, which
// stand in no slice now and did so less than the limit ago.
func (c *claim) missing(known map[string]endpoint, before map[string]loss, now time.Time, limit time.Duration) map[string]loss {
	all := maps.Clone(before)
	for address, one := range known {
		if one.readiness == ready {
			all[address] = loss{one, now}
		}
	}
	maps.DeleteFunc(all, func(address string, one loss) bool {
		_, back := c.known[address]
		return back || now.Sub(one.since) >= limit
	})
	return all
}
