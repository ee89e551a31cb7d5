package routes

import (
	"cmp"
	"maps"
	"reflect"
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
	reordered time.Time // when the Service began to select other pods
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
	c := &claim{service: s, own: own, hosts: said.Hosts, faults: faults, port: found, lost: map[string]loss{}}
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
// vanishes then is meant to.
const settling = 5 * time.Second

// fill sets the backends from the slices, after what was known before; before may be
// nil. It reports whether some linger, which must be looked at again.
func (c *claim) fill(list []*discoveryv1.EndpointSlice, before *claim, now time.Time) (lingers bool) {
	c.known = endpointsOf(list, c.port, c.service.Spec.IPFamilies)
	if before != nil {
		c.follow(before, now)
	}
	served := maps.Clone(c.known)
	for address, one := range c.lost {
		served[address] = one.endpoint
	}
	c.route.Backends = pick(served, c.own)
	return len(c.lost) > 0
}

// follow keeps those that vanished a moment ago.
func (c *claim) follow(before *claim, now time.Time) {
	if c.reordered = before.reordered; !reflect.DeepEqual(before.service.Spec.Selector, c.service.Spec.Selector) {
		c.reordered = now
	}
	if before.port != c.port || now.Sub(c.reordered) < settling {
		return
	}
	vanished := maps.Clone(before.lost)
	for address, one := range before.known {
		if one.readiness == ready {
			vanished[address] = loss{one, now}
		}
	}
	for address, one := range vanished {
		if _, back := c.known[address]; !back && now.Sub(one.since) < lingering {
			c.lost[address] = one
		}
	}
}
