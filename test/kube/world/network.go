package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

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
		return w.sockets.dialHub(ctx, network, address)
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
	listener, err := w.ListenFor(t.Context())
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

// ListenFor listens as Listen does, until the caller closes it.
func (w *World) ListenFor(ctx context.Context) (net.Listener, error) {
	if w.Own {
		return listenHub(ctx)
	}
	return listenHost(ctx)
}

// acceptPause is before a connection is accepted again after one could not be.
const acceptPause = 10 * time.Millisecond

// Forward carries every connection that the listener takes to one of these addresses in the
// cluster, until it is closed. Where one can't be reached the next is tried, as browsers do
// with the addresses of a name.
func (w *World) Forward(from net.Listener, addresses ...string) {
	for {
		outer, err := from.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many files are open, until some connections end
			time.Sleep(acceptPause)
			continue
		}
		go w.carry(outer.(*net.TCPConn), addresses)
	}
}

// dialOne connects to one of several addresses.
func (w *World) dialOne(addresses []string) (c net.Conn, err error) {
	first := rand.IntN(len(addresses))
	for n := range addresses {
		c, err = w.Dial(context.Background(), "tcp", addresses[(first+n)%len(addresses)])
		if err == nil {
			return c, nil
		}
	}
	return nil, err
}

// carry copies both directions until both ends have had enough.
func (w *World) carry(outer *net.TCPConn, addresses []string) {
	defer func() { _ = outer.Close() }() // it has ended
	dialed, err := w.dialOne(addresses)
	if err != nil {
		_ = outer.SetLinger(0) // a refused connection looks refused, not like an empty answer
		return
	}
	inner := dialed.(*net.TCPConn)
	defer func() { _ = inner.Close() }() // likewise
	done := make(chan struct{})
	go func() {
		defer close(done)
		copyThenClose(inner, outer)
	}()
	copyThenClose(outer, inner)
	<-done
}

func copyThenClose(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0) // what broke here breaks there
		_ = to.Close()
		return
	}
	_ = to.CloseWrite() // the other side may have closed already
}
