package routes_test

import (
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/cluster/kube/routes"
)

func TestAServiceIsRoutedToItsReadyEndpoints(t *testing.T) {
	c := openCluster(t)
	other, host, later := c.namespace("other", false), c.host("www"), c.host("later")
	c.service(other, "web", asks(host, c.host("*")))
	c.slice(other, "web", "web-a", "10.0.0.1", "10.0.0.2 unready")
	w := c.read(c)
	w.serves(host, "10.0.0.1:8080")
	w.serves(c.host("*"), "10.0.0.1:8080")

	c.slice(other, "web", "web-a", "10.0.0.1", "10.0.0.2")
	w.serves(host, "10.0.0.1:8080", "10.0.0.2:8080")
	c.slice(other, "web", "web-a", "10.0.0.1 leaving", "10.0.0.2")
	w.serves(host, "10.0.0.2:8080")
	c.slice(other, "web", "web-a", "10.0.0.2 leaving")
	w.serves(host, "10.0.0.2:8080")
	c.slice(other, "web", "web-a", "10.0.0.2 unready")
	w.serves(host, "")

	c.annotate(other, "web", asks(later))
	w.serves(later, "")
	w.serves(host, "gone")
	must(t, c.CoreV1().Services(other).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	w.serves(later, "gone")
}

func (c *cluster) annotate(namespace, name, annotation string) {
	c.t.Helper()
	patch := `{"metadata":{"annotations":{"router":` + quoted(annotation) + `}}}`
	_, err := c.CoreV1().Services(namespace).Patch(c.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	must(c.t, err)
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

func TestEndpointsThatMoveFromSliceToSliceAreNeverMissed(t *testing.T) {
	c := openCluster(t)
	other, host := c.namespace("other", false), c.host("www")
	c.service(other, "web", asks(host))
	c.slice(other, "web", "web-a", "10.0.0.1", "10.0.0.2")
	w := c.read(c)
	w.serves(host, "10.0.0.1:8080", "10.0.0.2:8080")
	slow := 0
	move := func(out, in func()) {
		began := time.Now()
		out()
		in()
		if time.Since(began) > 200*time.Millisecond { // a busy cluster; then it may be missed for a while
			slow++
		}
	}
	for range 5 {
		move(func() { c.slice(other, "web", "web-a", "10.0.0.1") }, func() { c.slice(other, "web", "web-b", "10.0.0.2") })
		move(func() { c.slice(other, "web", "web-b") }, func() { c.slice(other, "web", "web-a", "10.0.0.1", "10.0.0.2") })
	}
	c.slice(other, "web", "web-a", "10.0.0.1", "10.0.0.2", "10.0.0.3")
	w.serves(host, "10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080")
	if n := w.count(host); n < 2 || n > 2+2*slow {
		t.Errorf("the host's route was told %d times; want twice, with %d slow moves", n, slow)
	}
}

func TestAServiceBesideOneOfGondorsOwnTellsWhoElseCanAnswer(t *testing.T) {
	c := openCluster(t)
	w := c.read(c)
	for name, want := range map[string]string{"own": "10.0.0.2:8080", "other": ""} {
		namespace, host := c.namespace(name, name == "own"), c.host(name)
		c.service(namespace, "web", asks(host))
		c.slice(namespace, "web", "web-a", "10.0.0.1")
		w.serves(host, "10.0.0.1:8080")
		c.slice(namespace, "all", "all-a", "10.0.0.1", "10.0.0.2")
		patch := []byte(`{"metadata":{"labels":{"` + routes.LabelBeside + `":"web"}}}`)
		_, err := c.DiscoveryV1().EndpointSlices(namespace).Patch(t.Context(), "all-a", types.MergePatchType, patch, metav1.PatchOptions{})
		must(t, err)
		c.slice(namespace, "web", "web-a", "10.0.0.1", "10.0.0.3") // is told after all that
		w.serves(host, "10.0.0.1:8080", "10.0.0.3:8080")
		if got := w.others(host); got != want {
			t.Errorf("beside the backends of %s are %q, want %q", name, got, want)
		}
	}
}

func TestGondorsOwnServicesWinAndThenTheOldest(t *testing.T) {
	c := openCluster(t)
	first, second, own := c.namespace("a", false), c.namespace("b", false), c.namespace("i1", true)
	host := c.host("www")
	c.service(first, "web", asks(host))
	c.slice(first, "web", "web-a", "10.0.0.1")
	w := c.read(c)
	w.serves(host, "10.0.0.1:8080")
	c.service(second, "web", asks(host))
	c.slice(second, "web", "web-a", "10.0.0.2")
	c.hears(second, "web", "HostTaken", first+"/web, which had it before")
	w.serves(host, "10.0.0.1:8080")

	c.service(own, "web", asks(host))
	c.slice(own, "web", "web-a", "10.0.0.3")
	w.serves(host, "10.0.0.3:8080")
	c.hears(first, "web", "HostTaken", own+"/web, which is one of Gondor's own")
	c.read(c) // another router says nothing twice
	for namespace, want := range map[string]int{first: 1, second: 2, own: 0} {
		if got := c.events(namespace); len(got) != want {
			t.Errorf("%s has the events %q; want %d", namespace, got, want)
		}
	}

	must(t, c.CoreV1().Services(own).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	w.serves(host, "10.0.0.1:8080")
	must(t, c.CoreV1().Services(first).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	w.serves(host, "10.0.0.2:8080")
}

func TestTheInstancesOfAnotherGondorAreLeftToIt(t *testing.T) {
	c := openCluster(t)
	anybody, own := c.namespace("anybody", false), c.namespace("i1", true)
	host := c.host("www")
	c.service(anybody, "web", asks(host))
	c.slice(anybody, "web", "web-a", "10.0.0.1")
	c.service(own, "web", asks(host))
	c.slice(own, "web", "web-a", "10.0.0.2")
	w, another := c.read(c), c.readAs(c, c.id+"-another")
	w.serves(host, "10.0.0.2:8080")
	another.serves(host, "10.0.0.1:8080")
	c.label(own, c.id+"-another") // it moves
	w.serves(host, "10.0.0.1:8080")
	another.serves(host, "10.0.0.2:8080")
	if got := c.events(own); len(got) > 0 {
		t.Errorf("it hears %q", got)
	}
}

// label makes a namespace one of the instances of an installation.
func (c *cluster) label(namespace, installation string) {
	c.t.Helper()
	patch := `{"metadata":{"labels":{"` + routes.LabelInstallation + `":"` + installation + `"}}}`
	_, err := c.CoreV1().Namespaces().Patch(c.t.Context(), namespace, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	must(c.t, err)
}

func (c *cluster) events(namespace string) []string {
	c.t.Helper()
	list, err := c.CoreV1().Events(namespace).List(c.t.Context(), metav1.ListOptions{})
	must(c.t, err)
	var all []string
	for _, one := range list.Items {
		all = append(all, one.InvolvedObject.Kind+" "+one.InvolvedObject.Name+" "+one.Reason+": "+one.Message)
	}
	return all
}

// hears waits for an Event of a Service.
func (c *cluster) hears(namespace, service, reason, message string) {
	c.t.Helper()
	var all []string
	eventually(c.t, func() bool {
		all = c.events(namespace)
		for _, one := range all {
			if strings.HasPrefix(one, "Service "+service+" "+reason+": ") && strings.Contains(one, message) {
				return true
			}
		}
		return false
	}, func() string { return "the events are " + strings.Join(all, "\n") })
}

func TestABadAnnotationIsToldToItsService(t *testing.T) {
	c := openCluster(t)
	other, host := c.namespace("other", false), c.host("www")
	c.service(other, "broken", "www.example.com")
	c.service(other, "half", `{"config":{"port":"metrics"},"hosts":["`+host+`","no host"]}`)
	w := c.read(c)
	c.hears(other, "broken", "InvalidRoute", "not a JSON object")
	c.hears(other, "half", "InvalidRoute", `"no host" has no domain`)
	c.hears(other, "half", "InvalidRoute", `no TCP port "metrics"`)
	w.serves(host, "")
}

func TestTheRoutesStayWhileTheAPIServerIsAway(t *testing.T) {
	c := openCluster(t)
	other, host := c.namespace("other", false), c.host("www")
	c.service(other, "web", asks(host))
	c.slice(other, "web", "web-a", "10.0.0.1")
	cable := c.cable()
	w := c.read(cable.client(c))
	w.serves(host, "10.0.0.1:8080")
	cable.cut()
	c.slice(other, "web", "web-a", "10.0.0.2")
	cable.refused() // attempts to come back
	w.serves(host, "10.0.0.1:8080")
	cable.heal()
	w.serves(host, "10.0.0.2:8080")
}

// cable is a TCP connection to the API server that can be cut.
type cable struct {
	t      *testing.T
	target string
	front  net.Listener

	mu    sync.Mutex
	cuts  bool
	tries int
	conns []net.Conn
}

func (c *cluster) cable() *cable {
	c.t.Helper()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	must(c.t, err)
	at, err := url.Parse(c.config.Host)
	must(c.t, err)
	l := &cable{t: c.t, target: at.Host, front: front}
	c.t.Cleanup(func() { _ = front.Close(); l.cut() })
	go l.accept()
	return l
}

// client returns a client that reaches the API server by the cable.
func (l *cable) client(c *cluster) kubernetes.Interface {
	c.t.Helper()
	config := rest.CopyConfig(c.config)
	at, err := url.Parse(config.Host)
	must(c.t, err)
	config.TLSClientConfig.ServerName = at.Hostname()
	config.Host = "https://" + l.front.Addr().String()
	client, err := kubernetes.NewForConfig(config)
	must(c.t, err)
	return client
}

func (l *cable) accept() {
	for {
		client, err := l.front.Accept()
		if err != nil {
			return
		}
		l.join(client)
	}
}

func (l *cable) join(client net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cuts {
		l.tries++
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		l.t.Error(err)
		_ = client.Close()
		return
	}
	l.conns = append(l.conns, client, server)
	go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
	go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
}

func (l *cable) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cuts = true
	for _, conn := range l.conns {
		_ = conn.Close()
	}
}

func (l *cable) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cuts = false
}

// refused waits until several attempts were made in vain.
func (l *cable) refused() {
	l.t.Helper()
	eventually(l.t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.tries >= 5
	}, func() string { return "nobody tries to reach the API server" })
}
