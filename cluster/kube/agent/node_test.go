package agent

import (
	"compress/gzip"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// node is a node's /var/log with one pod, in which we do what its runtime and its kubelet do.
type node struct {
	t    *testing.T
	root string
	pod  Pod
	life int // how often the container was restarted
	dates,
	written int
}

// begun is when the first line was written; each comes a second after the one before.
var begun = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{t: t, root: t.TempDir(), pod: Pod{Namespace: "gondor-01abc", Name: "web-v1-r0-5d4c-x2x", UID: "8d1e-77"}}
	n.must(os.MkdirAll(n.dir(), 0o755))
	return n
}

func (n *node) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) dir() string {
	return filepath.Join(n.root, "pods", n.pod.directory(), "process")
}

// live is the file that the container writes to.
func (n *node) live() string { return filepath.Join(n.dir(), fmt.Sprintf("%d.log", n.life)) }

// at is the time of a line.
func at(line int) time.Time { return begun.Add(time.Duration(line) * time.Second) }

// write writes lines as the runtime does.
func (n *node) write(lines int) {
	n.t.Helper()
	for range lines {
		n.add(fmt.Sprintf("%s stdout F line %d\n", at(n.written).Format(time.RFC3339Nano), n.written))
		n.written++
	}
}

func (n *node) add(text string) {
	n.t.Helper()
	file, err := os.OpenFile(n.live(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	n.must(err)
	_, err = file.WriteString(text)
	n.must(err)
	n.must(file.Close())
}

// rotate renames the file, as the kubelet does, and returns its new name.
func (n *node) rotate() string {
	n.t.Helper()
	n.dates++
	name := fmt.Sprintf("%s.20260301-12%02d00", n.live(), n.dates)
	n.must(os.Rename(n.live(), name))
	return name
}

// pack packs a rotated file, as the kubelet does with all but the newest.
func (n *node) pack(name string) string {
	n.t.Helper()
	contents, err := os.ReadFile(name)
	n.must(err)
	file, err := os.Create(name + ".tmp")
	n.must(err)
	packer := gzip.NewWriter(file)
	_, err = packer.Write(contents)
	n.must(err)
	n.must(packer.Close())
	n.must(file.Close())
	n.must(os.Rename(name+".tmp", name+".gz"))
	n.must(os.Remove(name))
	return name + ".gz"
}

// removePod removes all of the pod, as the kubelet does once it was deleted.
func (n *node) removePod() {
	n.t.Helper()
	n.must(os.RemoveAll(filepath.Join(n.root, "pods", n.pod.directory())))
}

// agent opens the node's agent.
func (n *node) agent(budget int64) *Agent {
	n.t.Helper()
	a, err := Open(Options{
		Root: n.root, Namespace: "gondor", Budget: budget, Key: []byte(strings.Repeat("k", 32)),
		Logger: slog.New(slog.NewTextHandler(n.t.Output(), nil)),
	})
	n.must(err)
	n.t.Cleanup(func() { n.must(a.Close()) })
	return a
}

func (n *node) look(a *Agent) {
	n.t.Helper()
	n.must(a.Look())
}

// lines are what the agent gives out of the pod after a line, -1 for all.
func (n *node) lines(a *Agent, after int) string {
	n.t.Helper()
	var out strings.Builder
	since := at(after)
	if after < 0 {
		since = time.Time{}
	}
	n.must(a.Lines(n.t.Context(), n.pod.UID, since, &out))
	return out.String()
}

// expects fails unless the agent gives out the lines from one up to, but without, another.
func (n *node) expects(a *Agent, from, to int) {
	n.t.Helper()
	var want strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&want, "%s line %d\n", at(i).Format(time.RFC3339Nano), i)
	}
	if got := n.lines(a, from-1); got != want.String() {
		n.t.Errorf("the agent gives out\n%s\nwant\n%s", got, want.String())
	}
}

// links are the names of what the agent keeps of the pod.
func (n *node) links() []string {
	n.t.Helper()
	names, err := filepath.Glob(filepath.Join(n.root, "gondor", n.pod.directory(), "2*"))
	n.must(err)
	return names
}

func (n *node) take(a *Agent, word Taken) []Pod {
	n.t.Helper()
	word.UID = n.pod.UID
	pods, err := a.Take([]Taken{word})
	n.must(err)
	return pods
}
