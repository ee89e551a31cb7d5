package kube

import (
	"context"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gondor/test/kube/installation"
	"gondor/test/kube/world"
	"gondor/test/load"
	"gondor/test/shop"
)

// controlPlane is the name of the control plane's pod.
const controlPlane = "gondor-0"

func controlPlaneOf(t *testing.T, i *installation.Installation) corev1.Pod {
	t.Helper()
	pod, err := i.World.Client.CoreV1().Pods(i.Namespace).Get(t.Context(), controlPlane, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return *pod
}

// replaceControlPlane deletes the pod of the control plane and waits for its successor.
func replaceControlPlane(t *testing.T, i *installation.Installation, meanwhile func()) {
	t.Helper()
	pods, before := i.World.Client.CoreV1().Pods(i.Namespace), controlPlaneOf(t, i)
	if err := pods.Delete(t.Context(), controlPlane, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	meanwhile()
	eventually(t, "the control plane has a successor", func() bool {
		now, err := pods.Get(t.Context(), controlPlane, metav1.GetOptions{})
		return err == nil && now.UID != before.UID && isReady(*now)
	})
	t.Logf("the control plane was away for %v", time.Since(began).Round(100*time.Millisecond))
}

func TestSitesServeOnWhileTheControlPlaneIsReplaced(t *testing.T) {
	world.Long(t)
	site := shopAt(t, "headless")
	run := site.traffic(site.gondor.Address(), rate, shop.Mix("GET", "POST"))
	carried(t, run, rate)
	replaceControlPlane(t, site.gondor, func() {})
	site.edition(1) // it knows all that it knew
	none(t, "the control plane replaced", run.Stop())
}

func TestSitesServeOnAndProcessesReturnWhileTheAPIServerIsAwayForAMinute(t *testing.T) {
	world.Long(t)
	site, other := shopAt(t, "abandoned"), shopAt(t, "crashed")
	crashed, url, w := other.pods("web")[0], other.url(), site.gondor.World
	run := site.traffic(site.gondor.Address(), rate, shop.Mix("GET", "POST"))
	carried(t, run, rate)
	began := time.Now()
	cut(t, site.gondor, "control")
	before := webOf(t, crashed)
	if _, err := w.Signal(crashed, "node", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pod that crashed has a new web process", func() bool {
		now := webOf(t, crashed)
		return len(now) == 1 && now[0] != before[0]
	})
	for range 10 {
		page(t, url)
	}
	for time.Since(began) < time.Minute {
		carried(t, run, rate)
	}
	none(t, "the API server away for a minute", run.Stop())
}

func webOf(t *testing.T, pod corev1.Pod) []int {
	t.Helper()
	found, err := world.Processes(pod, "node")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// cut cuts a machine off until the test ends.
func cut(t *testing.T, i *installation.Installation, machine string) {
	t.Helper()
	if _, err := i.World.Cluster("cut", machine); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := i.World.Cluster("heal", machine); err != nil {
			t.Error(err)
		}
		eventually(t, machine+" is back", calm(i))
	})
}

// calmness is for how long a cluster must have been in order until it can be believed: a
// controller that was cut off calls nodes lost when it comes back, and moves their pods.
const calmness = 10 * time.Second

// calm reports whether every node has been Ready and the control plane the same for a while.
func calm(i *installation.Installation) func() bool {
	var since time.Time
	var last types.UID
	return func() bool {
		pod, err := i.World.Client.CoreV1().Pods(i.Namespace).Get(context.Background(), controlPlane, metav1.GetOptions{})
		if err != nil || !isReady(*pod) || pod.DeletionTimestamp != nil || pod.UID != last || !allReady(i.World) {
			since = time.Now()
		}
		if err == nil {
			last = pod.UID
		}
		return time.Since(since) >= calmness
	}
}

// allReady reports whether the API server answers and calls every node Ready.
func allReady(w *world.World) bool {
	list, err := w.Client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(list.Items, func(n corev1.Node) bool {
		return !slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
			return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
		})
	})
}

// noticed is after how long no request may fail any more because of a node that is cut off.
const noticed = 2 * time.Second

func TestANodeThatIsCutOffIsNoticedAndItsPodsAreReplaced(t *testing.T) {
	world.Long(t)
	site := shopAt(t, "severed")
	site.run("services", "scale", "web", "--replicas", "3")
	eventually(t, "there is a replica on each node", func() bool { return len(nodesOf(site.pods("web"))) == 3 })
	lost, others := lostNode(t, site.gondor)
	run := site.traffic(routersOn(t, site.gondor, others...), rate, []load.Request{{Method: http.MethodGet, Path: "/", Page: true}})
	carried(t, run, 5*rate)
	began := time.Now()
	cut(t, site.gondor, lost.Name)
	eventually(t, "the pod on it is replaced", func() bool {
		pods := site.pods("web")
		return len(pods) == 3 && !nodesOf(pods)[lost.Name]
	})
	t.Logf("its pods were replaced after %v", time.Since(began).Round(100*time.Millisecond))
	carried(t, run, rate)
	report := run.Stop()
	t.Log(report)
	if late := report.Between(began.Add(noticed), time.Now()); len(late) > 0 {
		t.Errorf("%d requests failed that began more than %v later, the first: %s", len(late), noticed, late[0])
	}
}

// lostNode chooses a node that does not hold the control plane.
func lostNode(t *testing.T, i *installation.Installation) (lost corev1.Node, others []corev1.Node) {
	t.Helper()
	held := controlPlaneOf(t, i).Spec.NodeName
	others = nodes(t, i)
	n := slices.IndexFunc(others, func(n corev1.Node) bool { return n.Name != held })
	lost = others[n]
	return lost, slices.Delete(others, n, n+1)
}
