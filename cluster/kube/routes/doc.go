// Package routes reads the routes of a Kubernetes cluster from its Services and
// EndpointSlices. Any Service with the annotation
//
//	router: {"config": {}, "hosts": ["www.example.com", "*.example.com"]}
//
// is routed, Gondor's own and those of others alike. See Annotation for what config may
// say, and claim for who gets a host that several Services want.
package routes
