package kube

import (
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/installation"
	"gondor/test/load"
	"gondor/test/shop"
)

// shopAt makes the site that is put under load, with two replicas.
func shopAt(t *testing.T, name string) place {
	t.Helper()
	site := siteOf(t, shop.Sources(), name)
	t.Cleanup(func() {
		if !t.Failed() { // else somebody will want to look at it
			site.run("sites", "delete", "--yes")
		}
	})
	site.run("deploy")
	site.run("services", "scale", "web", "--replicas", "2")
	eventually(t, "both replicas are ready", func() bool { return len(site.pods("web")) == 2 })
	return site
}

// traffic begins open-loop traffic to a site over a front, which ends with the test.
func (p place) traffic(front string, rate int, requests []load.Request) *load.Run {
	p.t.Helper()
	at, err := url.Parse(p.url())
	if err != nil {
		p.t.Fatal(err)
	}
	run := load.Start(p.t.Context(), load.Options{Address: front, Host: at.Host, Rate: rate, Mix: requests})
	p.t.Cleanup(func() { run.Stop() })
	return run
}

// carried waits until some traffic has been answered.
func carried(t *testing.T, run *load.Run, requests int) {
	t.Helper()
	began := run.Report().Requests
	eventually(t, "the traffic flows", func() bool { return run.Report().Requests >= began+requests })
}

// none fails the test if a request failed.
func none(t *testing.T, what string, r load.Report) {
	t.Helper()
	t.Logf("%s: %s", what, r)
	if len(r.Failures) > 0 {
		t.Errorf("%s: %d of %d requests failed", what, len(r.Failures), r.Requests)
	}
}

// routersOn is a front that goes to the routers of some nodes by their own ports.
func routersOn(t *testing.T, i *installation.Installation, nodes ...corev1.Node) string {
	t.Helper()
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, net.JoinHostPort(addressOf(n), strconv.Itoa(i.HostPort)))
	}
	front, err := i.Through(addresses...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = front.Close() }) // nobody comes any more
	return front.Addr().String()
}

func addressOf(n corev1.Node) string {
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			return a.Address
		}
	}
	return ""
}

func nodes(t *testing.T, i *installation.Installation) []corev1.Node {
	t.Helper()
	list, err := i.World.Client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// edition changes the shop's page, deploys that, and returns how long it took until the
// command ended. Each router hears of the switch by itself, the last perhaps a moment later.
func (p place) edition(n int) time.Duration {
	p.t.Helper()
	p.edit(shop.Page, shop.Edition(n-1), shop.Edition(n))
	began := time.Now()
	p.run("deploy")
	took := time.Since(began)
	eventually(p.t, "the new edition is served", func() bool { return strings.Contains(page(p.t, p.url()), shop.Edition(n)) })
	return took
}

// examples is where the examples of the project are.
func examples(name string) string { return filepath.Join(installation.Root(), "examples", name) }
