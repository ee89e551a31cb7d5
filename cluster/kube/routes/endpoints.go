package routes

import (
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"gondor/app"
)

// endpoint is one pod, or whatever else a slice names, at the route's port.
type endpoint struct {
	app.Backend
	readiness readiness
}

// readiness says how glad an endpoint is of requests.
type readiness int

const (
	unready readiness = iota // it starts, or its health check fails
	leaving                  // it is told to end and still serves
	ready
)

// endpointsOf returns the endpoints of all slices of a Service, each address once: while
// slices are rewritten it may stand in two of them, and then the better word counts. Of
// pods that have addresses of both families those of the Service's first one are taken.
func endpointsOf(list []*discoveryv1.EndpointSlice, p port, families []corev1.IPFamily) map[string]endpoint {
	first := discoveryv1.AddressTypeIPv4
	if len(families) > 0 {
		first = discoveryv1.AddressType(families[0])
	}
	byFamily := map[discoveryv1.AddressType]map[string]endpoint{}
	for _, slice := range list {
		known := byFamily[slice.AddressType]
		if known == nil {
			known = map[string]endpoint{}
			byFamily[slice.AddressType] = known
		}
		collect(known, slice, p.in(slice))
	}
	delete(byFamily, discoveryv1.AddressTypeFQDN)
	if found := byFamily[first]; len(found) > 0 {
		return found
	}
	delete(byFamily, first)
	for _, found := range byFamily {
		return found
	}
	return map[string]endpoint{}
}

func collect(known map[string]endpoint, slice *discoveryv1.EndpointSlice, number int32) {
	if number == 0 {
		return
	}
	for _, e := range slice.Endpoints {
		if len(e.Addresses) == 0 {
			continue
		}
		// The other addresses are deprecated: they are the same pod's.
		one := endpoint{Backend: app.Backend{Address: net.JoinHostPort(e.Addresses[0], strconv.Itoa(int(number)))}}
		one.Replica, one.readiness = one.Address, readinessOf(e.Conditions)
		if e.TargetRef != nil {
			one.Replica = e.TargetRef.Name
		}
		if before, twice := known[one.Address]; !twice || one.readiness > before.readiness {
			known[one.Address] = one
		}
	}
}

// readinessOf reads conditions; a missing one means yes, but for terminating.
func readinessOf(c discoveryv1.EndpointConditions) readiness {
	isReady := c.Ready == nil || *c.Ready
	serving := c.Serving == nil && isReady || c.Serving != nil && *c.Serving
	terminating := c.Terminating != nil && *c.Terminating
	switch {
	case isReady:
		return ready
	case terminating && serving:
		return leaving
	}
	return unready
}

// pick returns the backends that get requests: those that are ready, or else those that
// leave and still serve. Gondor's own get them also when neither is to be had, so that a
// failing health check never takes a whole site away.
func pick(known map[string]endpoint, own bool) []app.Backend {
	for _, wanted := range []readiness{ready, leaving, unready} {
		if wanted == unready && !own {
			break
		}
		var backends []app.Backend
		for _, e := range known {
			if e.readiness == wanted {
				backends = append(backends, e.Backend)
			}
		}
		if len(backends) > 0 {
			slices.SortFunc(backends, byAddress)
			return backends
		}
	}
	return nil
}

func byAddress(a, b app.Backend) int { return strings.Compare(a.Address, b.Address) }
