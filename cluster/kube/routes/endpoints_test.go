package routes

import (
	"reflect"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gondor/app"
)

func TestThePortOfAService(t *testing.T) {
	named := func(name string, number int32) corev1.ServicePort {
		return corev1.ServicePort{Name: name, Port: number, Protocol: corev1.ProtocolTCP}
	}
	udp := corev1.ServicePort{Name: "http", Port: 80, Protocol: corev1.ProtocolUDP}
	target := corev1.ServicePort{Port: 80, TargetPort: intstr.FromInt32(8080)}
	for _, c := range []struct {
		name, wanted string
		ports        []corev1.ServicePort
		want         port
		fault        bool
	}{
		{"is the only one", "", []corev1.ServicePort{named("", 8080)}, port{"", 8080}, false},
		{"has the number of its pods", "", []corev1.ServicePort{target}, port{"", 8080}, false},
		{"is the one called http", "", []corev1.ServicePort{named("metrics", 80), named("http", 8080)}, port{"http", 8080}, false},
		{"or number 80", "", []corev1.ServicePort{named("metrics", 9090), named("site", 80)}, port{"site", 80}, false},
		{"or the first", "", []corev1.ServicePort{named("a", 1), named("b", 2)}, port{"a", 1}, false},
		{"may be named", "b", []corev1.ServicePort{named("a", 1), named("b", 2)}, port{"b", 2}, false},
		{"may be numbered", "2", []corev1.ServicePort{named("a", 1), named("b", 2)}, port{"b", 2}, false},
		{"is never that of another protocol", "", []corev1.ServicePort{udp, named("site", 8080)}, port{"site", 8080}, false},
		{"may be missing", "c", []corev1.ServicePort{named("a", 1)}, port{}, true},
		{"is missing where there is none", "", nil, port{}, true},
		{"may be that of the pods of a headless Service without ports", "8080", nil, port{"", 8080}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, fault := portOf(&corev1.Service{Spec: corev1.ServiceSpec{Ports: c.ports}}, c.wanted)
			if got != c.want || (fault != "") != c.fault {
				t.Errorf("got %+v, %q; want %+v, %v", got, fault, c.want, c.fault)
			}
		})
	}
}

// The conditions that endpoints have.
var (
	yes, no     = true, false
	isReady     = discoveryv1.EndpointConditions{Ready: &yes, Serving: &yes, Terminating: &no}
	isUnready   = discoveryv1.EndpointConditions{Ready: &no, Serving: &no, Terminating: &no}
	isLeaving   = discoveryv1.EndpointConditions{Ready: &no, Serving: &yes, Terminating: &yes}
	hasLeft     = discoveryv1.EndpointConditions{Ready: &no, Serving: &no, Terminating: &yes}
	isUntold    = discoveryv1.EndpointConditions{}
	familyOrder = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
)

func sliceOf(conditions discoveryv1.EndpointConditions, addresses ...string) *discoveryv1.EndpointSlice {
	number := int32(8080)
	s := &discoveryv1.EndpointSlice{AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Port: &number}}}
	for _, address := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}, Conditions: conditions})
	}
	return s
}

func ofFamily(family discoveryv1.AddressType, s *discoveryv1.EndpointSlice) *discoveryv1.EndpointSlice {
	s.AddressType = family
	return s
}

func addressesOf(backends []app.Backend) []string {
	var addresses []string
	for _, b := range backends {
		addresses = append(addresses, b.Address)
	}
	return addresses
}

func TestTheBackendsOfAService(t *testing.T) {
	for _, c := range []struct {
		name     string
		slices   []*discoveryv1.EndpointSlice
		families []corev1.IPFamily
		own      bool
		want     []string
	}{
		{"are those that are ready", []*discoveryv1.EndpointSlice{
			sliceOf(isReady, "10.0.0.1"), sliceOf(isUnready, "10.0.0.2"), sliceOf(isLeaving, "10.0.0.3"),
		}, nil, false, []string{"10.0.0.1:8080"}},
		{"are ready when nothing is said", []*discoveryv1.EndpointSlice{sliceOf(isUntold, "10.0.0.1")}, nil, false, []string{"10.0.0.1:8080"}},
		{"are those that leave and serve when none is ready", []*discoveryv1.EndpointSlice{
			sliceOf(isUnready, "10.0.0.2"), sliceOf(isLeaving, "10.0.0.3"), sliceOf(hasLeft, "10.0.0.4"),
		}, nil, false, []string{"10.0.0.3:8080"}},
		{"are none when none serves", []*discoveryv1.EndpointSlice{sliceOf(isUnready, "10.0.0.2")}, nil, false, nil},
		{"are all the same when the Service is Gondor's own", []*discoveryv1.EndpointSlice{sliceOf(isUnready, "10.0.0.2")}, nil, true, []string{"10.0.0.2:8080"}},
		{"stand in several slices", []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.2"), sliceOf(isReady, "10.0.0.1")}, nil, false, []string{"10.0.0.1:8080", "10.0.0.2:8080"}},
		{"count once when they stand in two", []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1"), sliceOf(isUnready, "10.0.0.1")}, nil, false, []string{"10.0.0.1:8080"}},
		{"have IPv6 addresses", []*discoveryv1.EndpointSlice{ofFamily("IPv6", sliceOf(isReady, "fd00::1"))}, nil, false, []string{"[fd00::1]:8080"}},
		{"have one family of the two", []*discoveryv1.EndpointSlice{
			sliceOf(isReady, "10.0.0.1"), ofFamily("IPv6", sliceOf(isReady, "fd00::1")),
		}, familyOrder, false, []string{"[fd00::1]:8080"}},
		{"have the other where there is no address of the first", []*discoveryv1.EndpointSlice{
			sliceOf(isReady, "10.0.0.1"),
		}, familyOrder, false, []string{"10.0.0.1:8080"}},
		{"are never names", []*discoveryv1.EndpointSlice{ofFamily("FQDN", sliceOf(isReady, "a.example.com"))}, nil, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := addressesOf(pick(endpointsOf(c.slices, port{}, c.families), c.own))
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v; want %v", got, c.want)
			}
		})
	}
}

// selecting is a Service that selects such pods.
func selecting(pods string) *corev1.Service {
	s := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 8080}}, Selector: map[string]string{"is": pods}}}
	s.ObjectMeta = metav1.ObjectMeta{Name: "web", Annotations: map[string]string{Key: `{"hosts":["www.example.com"]}`}}
	return s
}

func TestWhatElseCanAnswer(t *testing.T) {
	serving := []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.2")}
	for _, c := range []struct {
		name         string
		list, beside []*discoveryv1.EndpointSlice
		want         []string
	}{
		{"is what leaves and serves beside others", append(serving, sliceOf(isLeaving, "10.0.0.1"), sliceOf(hasLeft, "10.0.0.3"), sliceOf(isUnready, "10.0.0.4")), nil, []string{"10.0.0.1:8080"}},
		{"is none of the backends", []*discoveryv1.EndpointSlice{sliceOf(isLeaving, "10.0.0.1")}, nil, nil},
		{"is what was replaced, or is about to serve", serving, []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1", "10.0.0.2", "10.0.0.3")}, []string{"10.0.0.1:8080", "10.0.0.3:8080"}},
		{"is what was replaced and leaves", serving, []*discoveryv1.EndpointSlice{sliceOf(isLeaving, "10.0.0.1")}, []string{"10.0.0.1:8080"}},
		{"is not what starts", serving, []*discoveryv1.EndpointSlice{sliceOf(isUnready, "10.0.0.1")}, nil},
		{"is told once", append(serving, sliceOf(isLeaving, "10.0.0.1")), []*discoveryv1.EndpointSlice{sliceOf(isLeaving, "10.0.0.1")}, []string{"10.0.0.1:8080"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			claim := newClaim(selecting("a"), true)
			claim.fill(c.list, c.beside, nil, time.Now())
			if got := addressesOf(claim.route.Others); !reflect.DeepEqual(got, c.want) {
				t.Errorf("it is %v; want %v", got, c.want)
			}
		})
	}
}

func TestWhatOthersHaveReplacedCanAnswerForAMoment(t *testing.T) {
	old, now := []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1")}, []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.2")}
	before, at := newClaim(selecting("a"), true), time.Now()
	before.fill(old, nil, nil, at)
	for n, look := range []struct {
		after time.Duration // since the look before
		want  []string
	}{
		{time.Minute, []string{"10.0.0.1:8080"}},
		{lingering - time.Millisecond, []string{"10.0.0.1:8080"}},
		{time.Millisecond, nil},
	} {
		at = at.Add(look.after)
		claim := newClaim(selecting("b"), true)
		again := claim.fill(now, nil, before, at)
		if got := addressesOf(claim.route.Others); !reflect.DeepEqual(got, look.want) || (again > 0) != (len(got) > 0) {
			t.Errorf("at look %d it is %v, and is looked at again after %s; want %v", n, got, again, look.want)
		}
		if got := addressesOf(claim.route.Backends); !reflect.DeepEqual(got, []string{"10.0.0.2:8080"}) {
			t.Errorf("at look %d the backends are %v", n, got)
		}
		before = claim
	}
}

func TestWhileSlicesAreRewritten(t *testing.T) {
	start := time.Now()
	both := []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1", "10.0.0.2")}
	for _, c := range []struct {
		name    string
		service *corev1.Service
		slices  []*discoveryv1.EndpointSlice
		after   time.Duration
		want    []string
	}{
		{"an endpoint that stands in none stays", selecting("a"), []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1")}, 0, []string{"10.0.0.1:8080", "10.0.0.2:8080"}},
		{"so do all when there is no slice", selecting("a"), nil, 0, []string{"10.0.0.1:8080", "10.0.0.2:8080"}},
		{"but for a moment only", selecting("a"), []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1")}, lingering, []string{"10.0.0.1:8080"}},
		{"one that leaves does not stay", selecting("a"), []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.1"), sliceOf(isLeaving, "10.0.0.2")}, 0, []string{"10.0.0.1:8080"}},
		{"nor do those that others have replaced", selecting("b"), []*discoveryv1.EndpointSlice{sliceOf(isReady, "10.0.0.3")}, 0, []string{"10.0.0.3:8080"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second, third := newClaim(selecting("a"), false), newClaim(c.service, false), newClaim(c.service, false)
			first.fill(both, nil, nil, start)
			second.fill(c.slices, nil, first, start.Add(time.Minute))
			third.fill(c.slices, nil, second, start.Add(time.Minute+c.after))
			if got := addressesOf(third.route.Backends); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v; want %v", got, c.want)
			}
		})
	}
}
