package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// client reaches every host below localhost, as a browser does (RFC 6761 section 6.3).
func client() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// page fetches a page, which must be there.
func page(t *testing.T, url string) string {
	t.Helper()
	response, err := client().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s:\n%s", url, response.Status, body)
	}
	return string(body)
}

func contains(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in:\n%s", want, text)
	}
}

// asset finds what a page of ours links.
var asset = regexp.MustCompile(`(?:href|src)="(/[^"]+\.(?:css|js|svg))"`)

// place is a directory in which a person types commands.
type place struct {
	t      *testing.T
	gondor *installation
	dir    string
}

// example copies one of the examples to a git repository of its own and makes a site of it.
func (i *installation) example(t *testing.T, name, site string) place {
	t.Helper()
	p := place{t, i, filepath.Join(t.TempDir(), name)}
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join(root, "examples", name))); err != nil {
		t.Fatal(err)
	}
	p.git("init", "-q", "-b", "main")
	p.run("sites", "init", "--name", site)
	p.git("add", ".")
	p.git("commit", "-qm", "First")
	return p
}

// run types a gondor command, which must succeed, and returns what it wrote.
func (p place) run(arguments ...string) string {
	p.t.Helper()
	out, err := p.gondor.command(p.dir, arguments...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("gondor %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

func (p place) git(arguments ...string) {
	p.t.Helper()
	c := exec.Command("git", arguments...)
	c.Dir, c.Env = p.dir, p.gondor.command(p.dir).Env
	if out, err := c.CombinedOutput(); err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
}

// edit replaces text in a file, or adds to it where old is empty, and commits that.
func (p place) edit(file, old, with string) {
	p.t.Helper()
	path := filepath.Join(p.dir, file)
	contents, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	changed := append(bytes.Clone(contents), with...)
	if old != "" {
		changed = bytes.ReplaceAll(contents, []byte(old), []byte(with))
	}
	if bytes.Equal(changed, contents) {
		p.t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(path, changed, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.git("commit", "-aqm", "Change "+file)
}

// url is where the site is reached.
func (p place) url() string {
	p.t.Helper()
	var s struct {
		WebURL string `json:"web_url"`
	}
	if err := json.Unmarshal([]byte(p.run("status", "--output", "json")), &s); err != nil {
		p.t.Fatal(err)
	}
	return s.WebURL
}

// pods are those of a service of a site that are ready.
func (p place) pods(service string) []corev1.Pod {
	p.t.Helper()
	list, err := p.gondor.world.Client.CoreV1().Pods("").List(p.t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + service + ",gondor.io/installation=" + namespace})
	if err != nil {
		p.t.Fatal(err)
	}
	var found []corev1.Pod
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil && isReady(pod) {
			found = append(found, pod)
		}
	}
	return found
}

func isReady(pod corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// nodesOf are the nodes that pods are on.
func nodesOf(pods []corev1.Pod) map[string]bool {
	found := map[string]bool{}
	for _, pod := range pods {
		found[pod.Spec.NodeName] = true
	}
	return found
}
