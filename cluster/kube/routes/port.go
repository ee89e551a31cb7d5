package routes

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// port is the port of a Service that takes the requests. EndpointSlices know it by name.
type port struct {
	name   string
	number int32 // of the pods, where their slices name none; 0: unknown
}

// portOf finds the port that the config wants. fault is empty when there is one.
func portOf(s *corev1.Service, wanted string) (found port, fault string) {
	number, err := strconv.ParseUint(wanted, 10, 16)
	numeric := err == nil && number > 0
	if len(s.Spec.Ports) == 0 && numeric { // a headless Service need not have any
		return port{number: int32(number)}, ""
	}
	var best *corev1.ServicePort
	for i := range s.Spec.Ports {
		one := &s.Spec.Ports[i]
		if fits(one, wanted, int32(number)) && (best == nil || rank(one) > rank(best)) {
			best = one
		}
	}
	switch {
	case best != nil:
		return port{name: best.Name, number: targetNumber(best)}, ""
	case wanted == "":
		return port{}, `The Service has no TCP port; add one, or name that of its pods in the annotation: "config": {"port": 8080}.`
	}
	return port{}, fmt.Sprintf(`The Service has no TCP port %q, which its annotation "router" names.`, wanted)
}

func fits(p *corev1.ServicePort, wanted string, number int32) bool {
	tcp := p.Protocol == corev1.ProtocolTCP || p.Protocol == ""
	return tcp && (wanted == "" || wanted == p.Name || number > 0 && number == p.Port)
}

// rank says which of several ports is more likely that of HTTP.
func rank(p *corev1.ServicePort) int {
	switch {
	case p.Name == "http" || p.Name == "web":
		return 2
	case p.Port == 80:
		return 1
	}
	return 0
}

func targetNumber(p *corev1.ServicePort) int32 {
	switch {
	case p.TargetPort.Type == intstr.String:
		return 0
	case p.TargetPort.IntVal != 0:
		return p.TargetPort.IntVal
	}
	return p.Port
}

// in returns the number that the port has in a slice, 0 when it has none. A slice without
// ports, or with one without a number, leaves the number to the Service.
func (p port) in(s *discoveryv1.EndpointSlice) int32 {
	if len(s.Ports) == 0 {
		return p.number
	}
	for _, one := range s.Ports {
		switch {
		case one.Name != nil && *one.Name != p.name, one.Name == nil && p.name != "":
		case one.Protocol != nil && *one.Protocol != corev1.ProtocolTCP:
		case one.Port == nil:
			return p.number
		default:
			return *one.Port
		}
	}
	return 0
}
