package kube

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/installation"
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

// page fetches a page, which must be there.
func page(t *testing.T, url string) string {
	t.Helper()
	response, err := installation.Client().Get(url)
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
	gondor *installation.Installation
	dir    string
	// instance is the ID of the site's.
	instance string
}

// example makes a site of one of the examples.
func example(t *testing.T, name, site string) place {
	t.Helper()
	return siteOf(t, os.DirFS(examples(name)), site)
}

// siteOf copies sources to a git repository of their own and makes a site of it.
func siteOf(t *testing.T, sources fs.FS, name string) place {
	t.Helper()
	p := place{t: t, gondor: gondor(t), dir: filepath.Join(t.TempDir(), name)}
	if err := os.CopyFS(p.dir, sources); err != nil {
		t.Fatal(err)
	}
	p.git("init", "-q", "-b", "main")
	p.run("sites", "init", "--name", name)
	p.git("add", ".")
	p.git("commit", "-qm", "First")
	p.instance = path.Base(p.status().URL)
	return p
}

// run types a gondor command, which must succeed, and returns what it wrote.
func (p place) run(arguments ...string) string {
	p.t.Helper()
	out, err := p.gondor.Command(p.dir, arguments...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("gondor %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

func (p place) git(arguments ...string) {
	p.t.Helper()
	if out, err := p.gondor.Git(p.dir, arguments...).CombinedOutput(); err != nil {
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

// status is what gondor status says of the instance.
type status struct {
	URL    string `json:"url"` // ends with its ID
	WebURL string `json:"web_url"`
}

func (p place) status() (s status) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.run("status", "--output", "json")), &s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// url is where the site is reached.
func (p place) url() string { return p.status().WebURL }

// pods are those of a service of a site that are ready.
func (p place) pods(service string) []corev1.Pod {
	p.t.Helper()
	list, err := p.gondor.World.Client.CoreV1().Pods("").List(p.t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + service + ",gondor.io/instance=" + p.instance})
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
