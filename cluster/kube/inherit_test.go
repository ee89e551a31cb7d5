package kube

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appslisters "k8s.io/client-go/listers/apps/v1"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
	"gondor/cluster/kube/agent"
	"gondor/cluster/kube/inside"
	"gondor/cluster/logfile"
)

// gone is a pod that has gone and of which a node's agent has all lines.
type gone struct {
	t        *testing.T
	pod      agent.Pod
	store    *logfile.Store
	follower *follower
}

const goneLog = app.LogName("instance/01abc/service/01s")

// lineTime is when a line was written.
func lineTime(n int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, n*1000, time.UTC)
}

// newGone makes an agent that keeps these lines, and a control plane that reaches it.
func newGone(t *testing.T, lines ...string) *gone {
	t.Helper()
	g := &gone{t: t, pod: agent.Pod{Namespace: "gondor-01abc", Name: "web-v1-r0-5d4c-x2x", UID: "8d1e-77"}}
	g.pod.Owner = agent.Owner{Log: string(goneLog), Process: g.pod.Name}
	g.store = logfile.NewStore(t.TempDir(), logfile.DefaultLimits())
	t.Cleanup(func() { g.must(g.store.Shut()) })
	g.follower = newFollower(nil, nil, g.store, slog.New(slog.NewTextHandler(t.Output(), nil)))
	g.follower.agents = newAgents(nil, Agents{Namespace: "gondor-agent", Key: []byte("k"), Dial: g.serve(lines)})
	agents := g.follower.agents
	g.must(agents.informers.Core().V1().Pods().Informer().GetIndexer().Add(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "agent-n1", Namespace: "gondor-agent"},
		Spec:       corev1.PodSpec{NodeName: "n1"},
		Status: corev1.PodStatus{
			PodIP:      "192.0.2.1",
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}))
	agents.known = func() bool { return true }
	return g
}

func (g *gone) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// serve runs the agent and returns how it is reached.
func (g *gone) serve(lines []string) func(ctx context.Context, network, address string) (net.Conn, error) {
	root := g.t.TempDir()
	pod := filepath.Join(root, "pods", g.pod.Namespace+"_"+g.pod.Name+"_"+g.pod.UID)
	g.must(os.MkdirAll(filepath.Join(pod, agent.Container), 0o755))
	var text strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&text, "%s stdout F %s\n", lineTime(i).Format(time.RFC3339Nano), line)
	}
	g.must(os.WriteFile(filepath.Join(pod, agent.Container, "0.log"), []byte(text.String()), 0o600))
	a, err := agent.Open(agent.Options{Root: root, Namespace: "gondor", Budget: 1 << 20, Key: []byte("k"), Logger: g.follower.log})
	g.must(err)
	g.must(a.Look())
	g.must(os.RemoveAll(pod))
	server := httptest.NewServer(a)
	g.t.Cleanup(func() { server.Close(); g.must(a.Close()) })
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
}

// has puts a line of the pod into the store.
func (g *gone) has(n int, stream app.Stream, text string) {
	g.t.Helper()
	line := app.LogLine{Time: lineTime(n), Stream: stream, Replica: g.pod.Name, Text: text}
	if stream == app.Gondor {
		line.Replica = ""
	}
	g.must(g.store.Write(goneLog, line))
}

// inherit copies what the agent has.
func (g *gone) inherit() {
	g.t.Helper()
	heir, err := g.follower.heir(g.t.Context(), g.pod, "n1", newPositions(g.store))
	g.must(err)
	g.must(heir.copyKept(g.t.Context()))
	g.follower.leave(heir)
}

// texts are the lines of the log, each with its stream.
func (g *gone) texts() []string {
	g.t.Helper()
	var all []string
	for line, err := range g.store.Lines(g.t.Context(), app.LogQuery{Log: goneLog}) {
		g.must(err)
		all = append(all, fmt.Sprintf("%s %s %s", line.Stream, line.Replica, line.Text))
	}
	return all
}

func TestWhatAPodWroteThatHasGoneIsTakenFromItsAgentOnce(t *testing.T) {
	const stdout, stderr, gondor = "stdout web-v1-r0-5d4c-x2x ", "stderr web-v1-r0-5d4c-x2x ", "gondor  "
	wrote := []string{
		inside.Mark(app.Gondor, "It starts"), "one", inside.Mark(app.Gondor, "It is healthy"),
		inside.Mark(app.Stderr, "two"), "three", inside.Mark(app.Gondor, "It stops"),
	}
	all := []string{gondor + "It starts", stdout + "one", gondor + "It is healthy", stderr + "two", stdout + "three", gondor + "It stops"}
	for name, has := range map[string]func(g *gone){
		"nothing was taken": func(*gone) {},
		"the last line that was taken is the process's": func(g *gone) {
			g.has(0, app.Gondor, "It starts")
			g.has(1, app.Stdout, "one")
		},
		"the last line that was taken is Gondor's": func(g *gone) {
			g.has(0, app.Gondor, "It starts")
			g.has(1, app.Stdout, "one")
			g.has(2, app.Gondor, "It is healthy")
		},
		"all was taken": func(g *gone) {
			g.has(0, app.Gondor, "It starts")
			g.has(1, app.Stdout, "one")
			g.has(2, app.Gondor, "It is healthy")
			g.has(3, app.Stderr, "two")
			g.has(4, app.Stdout, "three")
			g.has(5, app.Gondor, "It stops")
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGone(t, wrote...)
			has(g)
			g.inherit()
			g.inherit() // as when the agent did not hear that all was taken
			if got := g.texts(); !slices.Equal(got, all) {
				t.Errorf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(all, "\n"))
			}
		})
	}
}

func TestThePodOfADeploymentWhichNobodySawHasItsLog(t *testing.T) {
	long := strings.Repeat("l", 50) + "-v1-r0-and-more"
	index := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	for _, name := range []string{"web-v1-r0", "web-v1-r0-admin", long} {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "gondor-01abc", Name: name}}
		d.Spec.Template.Annotations = map[string]string{annotationLog: "log of " + name}
		if err := index.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	v := visitor{deployments: appslisters.NewDeploymentLister(index)}
	for name, c := range map[string]struct{ namespace, pod, log string }{
		"its Deployment's":           {"gondor-01abc", "web-v1-r0-5d4c-x2x", "log of web-v1-r0"},
		"not that of a shorter name": {"gondor-01abc", "web-v1-r0-admin-5d4c-x2x", "log of web-v1-r0-admin"},
		"also when that was cut":     {"gondor-01abc", (long + "-5d4c")[:mostGenerated] + "x2x", "log of " + long},
		"none of another release":    {"gondor-01abc", "web-v2-r0-5d4c-x2x", ""},
		"none of another instance":   {"gondor-01xyz", "web-v1-r0-5d4c-x2x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := v.owner(agent.Pod{Namespace: c.namespace, Name: c.pod}); got.Log != c.log || c.log != "" && got.Process != c.pod {
				t.Errorf("%s is of %+v", c.pod, got)
			}
		})
	}
}
