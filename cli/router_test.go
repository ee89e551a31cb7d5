package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/cluster/kube/routes"
	"gondor/test/kube/world"
	"gondor/test/screen"
)

// kubeconfigOfNobody is of a cluster whose API server is away.
const kubeconfigOfNobody = `{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],
"users":[{"name":"u","user":{}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}]}`

// runningRouter is a router that runs until end.
type runningRouter struct {
	t           *testing.T
	site, ready string // addresses
	cancel      context.CancelFunc
	ended       chan int
	complaints  *screen.Screen
}

func startRouter(t *testing.T, kubeconfig string) *runningRouter {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &runningRouter{t: t, site: freePort(t), ready: freePort(t), cancel: cancel, ended: make(chan int, 1), complaints: &screen.Screen{}}
	p := New(IO{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: r.complaints, Env: func(string) string { return "" }, Dir: t.TempDir()})
	go func() {
		r.ended <- p.Run(ctx, []string{"router", "--kubeconfig", kubeconfig, "--listen", r.site, "--ready", r.ready, "--linger", "1s"})
	}()
	t.Cleanup(cancel)
	return r
}

// end ends the router and wants it to end well.
func (r *runningRouter) end() {
	r.t.Helper()
	r.cancel()
	if code := <-r.ended; code != exitOK {
		r.t.Errorf("the router ended with %d: %s", code, r.complaints)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// says waits until the router has said so.
func (r *runningRouter) says(want string) {
	r.t.Helper()
	r.eventually(func() (string, bool) {
		said := r.complaints.String()
		return fmt.Sprintf("it said %q; want %q", said, want), strings.Contains(said, want)
	})
}

// answers waits until GET of the path is answered by the status, and returns the body.
func (r *runningRouter) answers(address, host, path string, status int) (body string) {
	r.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r.eventually(func() (string, bool) {
		code, text, err := get(client, "http://"+address+path, host)
		body = text
		return fmt.Sprintf("GET %s of %s: %d %s %v; want %d", path, host, code, body, err, status), err == nil && code == status
	})
	return body
}

// eventually waits until something is so; what was seen instead is told when it never is.
func (r *runningRouter) eventually(look func() (saw string, so bool)) {
	r.t.Helper()
	limit, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		saw, so := look()
		if so {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			r.t.Fatal(saw)
		}
	}
}

func get(client *http.Client, url, host string) (status int, body string, err error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = host
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func TestARouterIsNotReadyWhileItsRoutesAreUnknown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(kubeconfigOfNobody), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startRouter(t, path)
	r.answers(r.ready, "", "/live", http.StatusOK)
	r.answers(r.ready, "", "/ready", http.StatusServiceUnavailable)
	r.says("the API server does not tell of the routes")
	r.end()
}

func TestARouterThatCannotBegin(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"without a cluster":         {nil, "--kubeconfig"},
		"with a kubeconfig of none": {[]string{"--kubeconfig", "nowhere"}, "nowhere"},
		"with a proxy of no net":    {[]string{"--trusted-proxies", "x"}, "--trusted-proxies"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := runProgram(t, nil, append([]string{"router"}, c.args...)...)
			if code != exitUsage || !strings.Contains(stderr, c.says) {
				t.Errorf("ended with %d: %s", code, stderr)
			}
		})
	}
}

func TestARouterOfARealCluster(t *testing.T) {
	host := routedSite(t, world.Config(t), "g-router-cli")
	r := startRouter(t, world.Kubeconfig(t))
	r.answers(r.ready, "", "/ready", http.StatusOK)
	if body := r.answers(r.site, host, "/", http.StatusOK); body != "hello" {
		t.Errorf("the site says %q", body)
	}
	r.answers(r.site, "unknown.example.com", "/", http.StatusNotFound)
	r.cancel()
	r.answers(r.site, host, "/", http.StatusOK) // it lingers
	r.end()
}

// routedSite serves a site on this machine, makes a Service of it in a namespace, and
// returns the site's host.
func routedSite(t *testing.T, config *rest.Config, namespace string) string {
	t.Helper()
	host := "www." + namespace + ".example.com"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	wants := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("make the %s: %v", what, err)
		}
	}
	meta := metav1.ObjectMeta{GenerateName: namespace + "-"}
	made, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: meta}, metav1.CreateOptions{})
	wants("namespace", err)
	t.Cleanup(func() {
		if err := client.CoreV1().Namespaces().Delete(context.Background(), made.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	address, port := siteOfThisMachine(t)
	_, err = client.CoreV1().Services(made.Name).Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Annotations: map[string]string{routes.Key: routes.Annotation{Hosts: []string{host}}.String()}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	wants("Service", err)
	_, err = client.DiscoveryV1().EndpointSlices(made.Name).Create(t.Context(), &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "web", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Port: &port}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{address}}},
	}, metav1.CreateOptions{})
	wants("EndpointSlice", err)
	return host
}

// siteOfThisMachine serves "hello" at an address that an EndpointSlice may have, which
// one of the loopback interface may not.
func siteOfThisMachine(t *testing.T) (address string, port int32) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(l) }()
	at := l.Addr().(*net.TCPAddr)
	return at.IP.String(), int32(at.Port)
}

func ownAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range addresses {
		if ip, ok := one.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
			return ip.IP.String()
		}
	}
	t.Skip("This machine has no address but that of its loopback interface.")
	return ""
}
