package routes

import (
	"cmp"
	"maps"
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

	port  port
	known map[string]endpoint
	lost  map[string]loss
}

// loss is an endpoint that stands in no slice any more.
type loss struct {
	endpoint
	since    time.Time
	replaced bool // by others, which have come since
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
	c := &claim{service: s, own: own, hosts: said.Hosts, faults: faults, port: found, lost: map[string]loss{}}
	c.route = app.Route{Notice: cmp.Or(said.Config.Notice, unanswered), Service: cmp.Or(said.Config.Service, s.Name)}
	if own {
		c.route.Instance = said.Config.Instance
	}
	return c
}

// unanswered is told to people when a Service gives no reason of its own.
const unanswered = "This site is not answering right now."

// lingering is how long an endpoint is remembered that has vanished from all slices without
// having been told to end: slices are rewritten one after the other, and meanwhile it may
// stand in none. It serves on, unless others have come.
const lingering = 500 * time.Millisecond

// fill sets the backends from the slices, after what was known before; before may be
// nil. beside are the slices of all replicas, of whatever release. It returns after which
// time the claim must be looked at again, 0 for at its next change, because something
// lingers.
func (c *claim) fill(list, beside []*discoveryv1.EndpointSlice, before *claim, now time.Time) (again time.Duration) {
	c.known = endpointsOf(list, c.port, c.service.Spec.IPFamilies)
	if before != nil && before.port == c.port {
		c.lost = c.missing(before, now)
	}
	c.route.Backends = pick(c.serving(), c.own)
	c.route.Others = c.others(beside)
	if len(c.lost) > 0 {
		return lingering
	}
	return 0
}

// missing are those that were missing before, and those that were known as ready, which
// stand in no slice now and did so less than lingering ago.
func (c *claim) missing(before *claim, now time.Time) map[string]loss {
	all, replaced := maps.Clone(before.lost), c.hasMoreThan(before)
	for address, one := range before.known {
		if one.readiness == ready {
			all[address] = loss{endpoint: one, since: now}
		}
	}
	for address, one := range all {
		one.replaced = one.replaced || replaced
		all[address] = one
	}
	maps.DeleteFunc(all, func(address string, one loss) bool {
		_, back := c.known[address]
		return back || now.Sub(one.since) >= lingering
	})
	return all
}

// hasMoreThan reports whether an endpoint is ready that was not known before.
func (c *claim) hasMoreThan(before *claim) bool {
	for address, one := range c.known {
		_, known := before.known[address]
		if _, lost := before.lost[address]; one.readiness == ready && !known && !lost {
			return true
		}
	}
	return false
}

// serving are the endpoints that may get requests.
func (c *claim) serving() map[string]endpoint {
	all := maps.Clone(c.known)
	for address, one := range c.lost {
		if !one.replaced {
			all[address] = one.endpoint
		}
	}
	return all
}

// others are the endpoints that get no requests and can answer: they leave, or they are of
// a release that was replaced or is about to serve. A router that has not heard of a switch
// yet may be asked for what only the new release has.
func (c *claim) others(beside []*discoveryv1.EndpointSlice) []app.Backend {
	found := map[string]app.Backend{}
	for _, list := range []map[string]endpoint{c.known, endpointsOf(beside, c.port, c.service.Spec.IPFamilies)} {
		for address, one := range list {
			if one.readiness != unready {
				found[address] = one.Backend
			}
		}
	}
	for address, one := range c.lost {
		found[address] = one.Backend
	}
	maps.DeleteFunc(found, func(_ string, b app.Backend) bool { return slices.Contains(c.route.Backends, b) })
	return slices.SortedFunc(maps.Values(found), byAddress)
}
