package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/world"
	"gondor/test/wheels"
)

// What the installation is called, and the ports of nodes that it takes: none that an
// installation of the cluster's own people would.
const (
	namespace    = "gondor-e2e"
	registryPort = "30510"
	routerPort   = "30511"
	password     = "correct horse battery"
)

// installation is Gondor on the cluster, and the way to it.
type installation struct {
	once    sync.Once
	err     error
	world   *world.World
	other   *world.Registry // of the world outside
	dir     string
	program string // gondor, for people
	image   string
	address string // of this machine, where the routers are reached
	front   net.Listener
	index   *wheels.Index
	pip     string // the index, as pods reach it
	npm     string // the registry of npm, likewise
}

// gondor returns the installation, which is made for the first test that wants it.
func gondor(t *testing.T) *installation {
	t.Helper()
	w := opening.World(t)
	w.NeedsOwn(t)
	installed.once.Do(func() {
		installed.world = w
		installed.err = installed.install(context.Background())
	})
	if installed.err != nil {
		t.Fatal(installed.err)
	}
	return &installed
}

func (i *installation) install(ctx context.Context) error {
	for _, step := range []func(context.Context) error{i.makeImage, i.outside, i.enter, i.apply, i.await, i.login} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makeImage loads what make image has made into the nodes, under a name of its own.
func (i *installation) makeImage(context.Context) error {
	var err error
	if i.dir, err = os.MkdirTemp("", "gondor-kube-"); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	i.program = filepath.Join(root, "bin", "gondor")
	binary := filepath.Join(root, "bin", "linux", "gondor")
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("the tests want the image of make image, which has not been made: %w", err)
	}
	archive := filepath.Join(i.dir, "image.tar")
	i.image = "cluster.test/gondor:" + filepath.Base(i.dir)
	out, err := exec.Command(i.program, "image", "--binary", binary, "--output", archive, "--reference", i.image).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gondor image: %w\n%s", err, out)
	}
	return i.world.Load(archive)
}

// root is where the sources of Gondor are, seen from here.
const root = "../.."

// outside brings up what stands for the world outside: a registry with base images, an
// index of Python's packages and one of npm's.
func (i *installation) outside(ctx context.Context) error {
	image, err := i.world.Program("./test/kube/site")
	if err != nil {
		return err
	}
	if i.other, err = i.world.Elsewhere(ctx, image); err != nil {
		return err
	}
	if i.index, err = wheels.Start(wheels.Packages); err != nil {
		return err
	}
	if i.pip, err = i.proxied(ctx, i.index.URL); err != nil {
		return err
	}
	registry, err := exec.Command("npm", "config", "get", "registry").Output()
	if err != nil {
		return fmt.Errorf("ask npm for its registry: %w", err)
	}
	i.npm, err = i.proxied(ctx, strings.TrimSpace(string(registry)))
	return err
}

// proxied lets pods reach a URL of this machine's, and returns it as they do.
func (i *installation) proxied(ctx context.Context, text string) (string, error) {
	target, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("let pods reach %s: %w", text, err)
	}
	listener, err := i.world.ListenFor(ctx)
	if err != nil {
		return "", err
	}
	whole := url.URL{Scheme: target.Scheme, Host: target.Host}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&whole) }}
	go func() { _ = http.Serve(listener, proxy) }() // ends with the tests
	seen := *target
	seen.Scheme, seen.Host = "http", listener.Addr().String()
	return seen.String(), nil
}

// enter opens the way from loopback to the routers: a connection goes to one of them.
func (i *installation) enter(context.Context) error {
	var err error
	if i.front, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("listen for the routers: %w", err)
	}
	i.address = i.front.Addr().String()
	go i.world.Forward(i.front, "10.123.0.11:"+routerPort)
	return nil
}

// apply is `gondor install | kubectl apply -f -`.
func (i *installation) apply(ctx context.Context) error {
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if _, err := i.world.Client.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make the namespace %s, which must not be there: %w", namespace, err)
	}
	admin := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "gondor-admin"}, StringData: map[string]string{"password": password}}
	if _, err := i.world.Client.CoreV1().Secrets(namespace).Create(ctx, admin, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make the password of admin: %w", err)
	}
	arguments := []string{
		"install", "--domain", "localhost", "--image", i.image, "--namespace", namespace,
		"--registry-node-port", registryPort, "--router-node-port", routerPort, "--router-host-port", "8088",
		"--storage", "5Gi", "--registry-storage", "8Gi",
		"--public-url", "http://localhost:" + i.port(),
	}
	for runtime, base := range map[string]string{"python": "python", "node": "node", "go": "go", "static": "debian", "none": "debian"} {
		reference, err := i.other.Base(ctx, base)
		if err != nil {
			return err
		}
		arguments = append(arguments, "--base", runtime+"="+reference)
	}
	out, err := exec.Command(i.program, arguments...).Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		return fmt.Errorf("gondor install: %w\n%s", err, failed.Stderr)
	} else if err != nil {
		return fmt.Errorf("gondor install: %w", err)
	}
	return i.world.Apply(ctx, string(out))
}

func (i *installation) port() string {
	_, port, _ := net.SplitHostPort(i.address)
	return port
}

// await waits until the dashboard answers through a router.
func (i *installation) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		answer, err := client().Get("http://localhost:" + i.port() + "/v2/openapi.json")
		if err == nil {
			_ = answer.Body.Close() // it was not read
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("it answers %s", answer.Status)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until the dashboard answers: %w; %s", err, i.state())
		}
	}
}

// state describes the installation's pods, for people who look for what is wrong.
func (i *installation) state() string {
	pods, err := i.world.Client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	var out bytes.Buffer
	for _, p := range pods.Items {
		fmt.Fprintf(&out, "\n%s %s %s", p.Name, p.Spec.NodeName, p.Status.Phase)
		for _, c := range p.Status.ContainerStatuses {
			fmt.Fprintf(&out, " ready=%t restarts=%d %v", c.Ready, c.RestartCount, c.State.Waiting)
		}
		lines := int64(15)
		log, err := i.world.Client.CoreV1().Pods(namespace).GetLogs(p.Name, &corev1.PodLogOptions{TailLines: &lines}).DoRaw(context.Background())
		fmt.Fprintf(&out, " %v\n%s", err, log)
	}
	return out.String()
}

func (i *installation) login(context.Context) error {
	c := i.command(i.dir, "login", "http://localhost:"+i.port(), "--username", "admin", "--password-stdin")
	c.Stdin = strings.NewReader(password)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("gondor login: %w\n%s", err, out)
	}
	return nil
}

// command is a gondor command that is typed in a directory.
func (i *installation) command(dir string, arguments ...string) *exec.Cmd {
	program, err := filepath.Abs(i.program)
	if err != nil {
		program = i.program
	}
	c := exec.Command(program, arguments...)
	c.Dir = dir
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(i.dir, "config"), "HOME="+i.dir,
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	return c
}

// remove takes the installation off the cluster, with all that it made.
func (i *installation) remove() {
	if i.world == nil || os.Getenv("GONDOR_TEST_KEEP") != "" {
		return
	}
	ctx := context.Background()
	namespaces := i.world.Client.CoreV1().Namespaces()
	all, err := namespaces.List(ctx, metav1.ListOptions{})
	for _, n := range all.Items {
		if n.Name == namespace || strings.HasPrefix(n.Name, namespace+"-") {
			if gone := namespaces.Delete(ctx, n.Name, metav1.DeleteOptions{}); !apierrors.IsNotFound(gone) {
				err = errors.Join(err, gone)
			}
		}
	}
	if err := errors.Join(err, os.RemoveAll(i.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "remove the installation:", err)
	}
}
