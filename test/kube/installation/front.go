package installation

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// enter opens the way from loopback to the routers: a connection goes to one of them.
func (i *Installation) enter(context.Context) error {
	var err error
	i.front, err = i.Through(net.JoinHostPort(firstNode, strconv.Itoa(i.Port+1)))
	return err
}

// firstNode is the address of the test cluster's first node.
const firstNode = "10.123.0.11"

// Through returns a listener on loopback whose connections are carried to one of several
// addresses in the cluster, until it is closed.
func (i *Installation) Through(addresses ...string) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %v: %w", addresses, err)
	}
	go i.World.Forward(listener, addresses...)
	return listener, nil
}

// Address is where the routers are reached: 127.0.0.1:PORT.
func (i *Installation) Address() string { return i.front.Addr().String() }

// URL is the dashboard's.
func (i *Installation) URL() string {
	return "http://localhost:" + strconv.Itoa(i.front.Addr().(*net.TCPAddr).Port)
}

// Client reaches every host below localhost, as a browser does (RFC 6761 section 6.3).
func Client() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// await waits until the dashboard answers through a router and the registry is reached.
func (i *Installation) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := i.answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until Gondor answers: %w; %s", err, i.State())
		}
	}
}

func (i *Installation) answers(ctx context.Context) error {
	answer, err := Client().Get(i.URL() + "/v2/openapi.json")
	if err != nil {
		return err
	}
	_ = answer.Body.Close() // it was not read
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	registry, err := i.World.Dial(ctx, "tcp", "gondor-registry."+i.Namespace+".svc:5000")
	if err != nil {
		return err
	}
	return registry.Close()
}

// State describes the installation's pods, for people who look for what is wrong.
func (i *Installation) State() string {
	pods := i.World.Client.CoreV1().Pods(i.Namespace)
	list, err := pods.List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	var out bytes.Buffer
	for _, p := range list.Items {
		fmt.Fprintf(&out, "\n%s %s %s", p.Name, p.Spec.NodeName, p.Status.Phase)
		for _, c := range p.Status.ContainerStatuses {
			fmt.Fprintf(&out, " ready=%t restarts=%d %v", c.Ready, c.RestartCount, c.State.Waiting)
		}
		lines := int64(15)
		log, err := pods.GetLogs(p.Name, &corev1.PodLogOptions{TailLines: &lines}).DoRaw(context.Background())
		if err != nil {
			log = []byte(err.Error())
		}
		fmt.Fprintf(&out, "\n%s", log)
	}
	return out.String()
}
