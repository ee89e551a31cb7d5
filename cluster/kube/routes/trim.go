package routes

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// trimmed returns what a route needs of an object. All Services and EndpointSlices of the
// cluster stay in memory, for the API server can't select by an annotation, but only so
// much of each.
func trimmed(object any) (any, error) {
	switch one := object.(type) {
	case *corev1.Service:
		return trimmedService(one), nil
	case *discoveryv1.EndpointSlice:
		return trimmedSlice(one), nil
	case *corev1.Namespace:
		kept := &corev1.Namespace{ObjectMeta: trimmedMeta(one.ObjectMeta)}
		kept.Labels = map[string]string{LabelInstallation: one.Labels[LabelInstallation]}
		return kept, nil
	}
	return nil, fmt.Errorf("a %T is nothing that routes are made of", object)
}

func trimmedMeta(m metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: m.Namespace, Name: m.Name, UID: m.UID,
		ResourceVersion: m.ResourceVersion, CreationTimestamp: m.CreationTimestamp,
	}
}

func trimmedService(s *corev1.Service) *corev1.Service {
	kept := &corev1.Service{ObjectMeta: trimmedMeta(s.ObjectMeta)}
	text, routed := s.Annotations[Key]
	if !routed {
		return kept
	}
	kept.Annotations = map[string]string{Key: text}
	kept.Spec = corev1.ServiceSpec{Selector: s.Spec.Selector, Ports: s.Spec.Ports, IPFamilies: s.Spec.IPFamilies}
	return kept
}

func trimmedSlice(s *discoveryv1.EndpointSlice) *discoveryv1.EndpointSlice {
	kept := &discoveryv1.EndpointSlice{ObjectMeta: trimmedMeta(s.ObjectMeta), AddressType: s.AddressType, Ports: s.Ports}
	kept.Labels = map[string]string{
		discoveryv1.LabelServiceName: s.Labels[discoveryv1.LabelServiceName], LabelBeside: s.Labels[LabelBeside],
	}
	for _, e := range s.Endpoints {
		one := discoveryv1.Endpoint{Addresses: e.Addresses, Conditions: e.Conditions}
		if e.TargetRef != nil {
			one.TargetRef = &corev1.ObjectReference{Name: e.TargetRef.Name}
		}
		kept.Endpoints = append(kept.Endpoints, one)
	}
	return kept
}
