package world

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	discovery "k8s.io/api/discovery/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hubAddress is the switch of test/cluster.
const hubAddress = "10.123.0.254"

// hostVariable is the address of this machine that pods of another cluster reach.
const hostVariable = "GONDOR_TEST_HOST"

// Dial connects this machine to an address in the cluster: a pod's or a node's, or
// "SERVICE.NAMESPACE.svc:PORT", which is one of its ready pods. Into a cluster that is not
// test/cluster's it goes as the machine routes.
func (w *World) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reach %s in the cluster: %w", address, err)
	}
	if name, ok := strings.CutSuffix(host, ".svc"); ok {
		if address, err = w.endpoint(ctx, name, port); err != nil {
			return nil, err
		}
	}
	if w.Own {
		return dialHub(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// endpoint returns the address of a ready pod of a Service, "SERVICE.NAMESPACE".
func (w *World) endpoint(ctx context.Context, name, port string) (string, error) {
	service, namespace, _ := strings.Cut(name, ".")
	found, err := w.Client.CoreV1().Services(namespace).Get(ctx, service, meta.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("look up the Service %s: %w", name, err)
	}
	slices, err := w.Client.DiscoveryV1().EndpointSlices(namespace).List(ctx, meta.ListOptions{LabelSelector: discovery.LabelServiceName + "=" + service})
	if err != nil {
		return "", fmt.Errorf("look up the endpoints of %s: %w", name, err)
	}
	for _, p := range found.Spec.Ports {
		if strconv.Itoa(int(p.Port)) != port {
			continue
		}
		if address := ready(slices.Items, p.Name); address != "" {
			return address, nil
		}
	}
	return "", fmt.Errorf("reach %s:%s in the cluster: it has no ready endpoint there", name, port)
}

// ready returns the first ready endpoint of a port, empty when there is none.
func ready(all []discovery.EndpointSlice, port string) string {
	for _, slice := range all {
		for _, p := range slice.Ports {
			if p.Name == nil || *p.Name != port || p.Port == nil {
				continue
			}
			for _, e := range slice.Endpoints {
				if e.Conditions.Ready != nil && *e.Conditions.Ready {
					return net.JoinHostPort(e.Addresses[0], strconv.Itoa(int(*p.Port)))
				}
			}
		}
	}
	return ""
}

// Listen listens where the cluster's pods reach it, until the test ends: what stands in for
// the world outside.
func (w *World) Listen(t testing.TB) net.Listener {
	t.Helper()
	listen := listenHub
	if !w.Own {
		listen = listenHost
	}
	listener, err := listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // it may have been closed
	return listener
}

func listenHost(ctx context.Context) (net.Listener, error) {
	host := os.Getenv(hostVariable)
	if host == "" {
		return nil, fmt.Errorf("%s must name the address at which the pods of this cluster reach this machine", hostVariable)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
}
