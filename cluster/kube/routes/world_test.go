package routes_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/app"
	"gondor/cluster/kube/routes"
	"gondor/test/kube/world"
)

// cluster is a real one, with names that no other test has.
type cluster struct {
	*kubernetes.Clientset
	t      *testing.T
	config *rest.Config
	id     string
}

// openCluster reaches the cluster of the tests, or skips the test.
func openCluster(t *testing.T) *cluster {
	t.Helper()
	config := world.Config(t)
	client, err := kubernetes.NewForConfig(config)
	must(t, err)
	return &cluster{client, t, config, "g-router-" + strings.ToLower(rand.Text()[:8])}
}

// host returns a host name that only this test uses.
func (c *cluster) host(label string) string { return label + "." + c.id + ".example.com" }

// namespace makes a namespace, one of Gondor's instances when it is own.
func (c *cluster) namespace(name string, own bool) string {
	c.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.id + "-" + name}}
	if own {
		namespace.Labels = map[string]string{routes.LabelInstallation: c.id}
	}
	_, err := c.CoreV1().Namespaces().Create(c.t.Context(), namespace, metav1.CreateOptions{})
	must(c.t, err)
	c.t.Cleanup(func() {
		if err := c.CoreV1().Namespaces().Delete(context.Background(), namespace.Name, metav1.DeleteOptions{}); err != nil {
			c.t.Error(err)
		}
	})
	return namespace.Name
}

// service makes a Service without a selector; its annotation asks for the hosts.
func (c *cluster) service(namespace, name, annotation string) {
	c.t.Helper()
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{routes.Key: annotation}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}
	_, err := c.CoreV1().Services(namespace).Create(c.t.Context(), service, metav1.CreateOptions{})
	must(c.t, err)
}

func asks(hosts ...string) string { return routes.Annotation{Hosts: hosts}.String() }

// slice writes an EndpointSlice of a Service, as a controller would. Conditions of an
// address follow it after a space: "10.0.0.1 leaving".
func (c *cluster) slice(namespace, service, name string, addresses ...string) {
	c.t.Helper()
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080))}},
		Endpoints:   []discoveryv1.Endpoint{},
	}
	for _, text := range addresses {
		address, state, _ := strings.Cut(text, " ")
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{address},
			Conditions: discoveryv1.EndpointConditions{
				Ready: new(state == ""), Serving: new(state != "unready"), Terminating: new(state == "leaving"),
			},
		})
	}
	slices := c.DiscoveryV1().EndpointSlices(namespace)
	_, err := slices.Update(c.t.Context(), slice, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = slices.Create(c.t.Context(), slice, metav1.CreateOptions{})
	}
	must(c.t, err)
}

// told is what a reader has told.
type told struct {
	t      *testing.T
	mu     sync.Mutex
	routes map[string]app.Route
	all    []app.RouteChange
	synced chan struct{}
}

// read follows the routes until the test ends, and returns once they are known.
func (c *cluster) read(client kubernetes.Interface) *told {
	c.t.Helper()
	return c.readAs(client, c.id)
}

// readAs follows them for the Gondor of a namespace.
func (c *cluster) readAs(client kubernetes.Interface, installation string) *told {
	c.t.Helper()
	w := &told{t: c.t, routes: map[string]app.Route{}, synced: make(chan struct{})}
	reader := routes.New(routes.Options{Client: client, Namespace: installation, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- reader.Routes(ctx, w.take) }()
	c.t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			c.t.Errorf("the reader ended with %v", err)
		}
	})
	select {
	case <-w.synced:
	case <-time.After(20 * time.Second):
		c.t.Fatal("the routes never became known")
	}
	return w
}

func (w *told) take(change app.RouteChange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, change)
	switch {
	case change.Synced:
		close(w.synced)
	case change.Removed:
		delete(w.routes, change.Route.Host)
	default:
		w.routes[change.Route.Host] = change.Route
	}
}

// serves waits until a host has these backends; "gone" until it has no route.
func (w *told) serves(host string, want ...string) {
	w.t.Helper()
	got := ""
	eventually(w.t, func() bool { got = w.now(host); return got == strings.Join(want, " ") }, func() string {
		return host + " goes to " + got + "; want " + strings.Join(want, " ")
	})
}

func (w *told) now(host string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	route, known := w.routes[host]
	if !known {
		return "gone"
	}
	return joined(route.Backends)
}

// others are who else can answer for a host.
func (w *told) others(host string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return joined(w.routes[host].Others)
}

func joined(backends []app.Backend) string {
	addresses := make([]string, len(backends))
	for i, b := range backends {
		addresses[i] = b.Address
	}
	return strings.Join(addresses, " ")
}

// count is how many changes of the host were told.
func (w *told) count(host string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, one := range w.all {
		if one.Route.Host == host {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, holds func() bool, says func() string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal(says())
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
