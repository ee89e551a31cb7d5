package kube

import (
	"slices"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/installation"
	"gondor/test/kube/world"
	"gondor/test/shop"
)

// How often the shop is deployed under load, and how many requests a second it has, without
// those of assets.
const (
	editions = 20
	rate     = 200
)

func TestNoRequestFailsDuringTwentyDeploysAndWhileARouterIsReplaced(t *testing.T) {
	world.Long(t)
	site := shopAt(t, "shop")
	run := site.traffic(site.gondor.Address(), rate, shop.Mix("GET", "POST"))
	var took []time.Duration
	for n := 1; n <= editions; n++ {
		if n == editions/2 {
			replaceRouter(t, site.gondor)
		}
		took = append(took, site.edition(n))
		if failed := run.Report().Failures; len(failed) > 0 {
			t.Fatalf("during deploy %d: %s", n, run.Stop())
		}
	}
	carried(t, run, rate)
	slices.Sort(took)
	t.Logf("a deploy from source took %v in the median, at most %v", took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	none(t, "20 deploys", run.Stop())
}

func TestARouterThatIsKilledTakesOnlyItsConnectionsAlong(t *testing.T) {
	world.Long(t)
	site := shopAt(t, "killed")
	run := site.traffic(routersOn(t, site.gondor, nodes(t, site.gondor)...), rate, shop.Mix("GET", "POST"))
	carried(t, run, 5*rate)
	router := routers(t, site.gondor)[0]
	its, err := world.Processes(router, "gondor")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	if n, err := site.gondor.World.Signal(router, "gondor", syscall.SIGKILL); n != 1 || err != nil {
		t.Fatalf("%d routers were killed: %v", n, err)
	}
	eventually(t, "the killed router is gone", func() bool { // it accepts connections until then
		now, err := world.Processes(router, "gondor")
		return err == nil && !slices.ContainsFunc(now, func(pid int) bool { return slices.Contains(its, pid) })
	})
	killed := time.Now()
	eventually(t, "the router is back", func() bool {
		return slices.ContainsFunc(routers(t, site.gondor), func(p corev1.Pod) bool {
			return p.UID == router.UID && p.Status.ContainerStatuses[0].RestartCount > 0
		})
	})
	carried(t, run, 5*rate)
	report := run.Stop()
	t.Logf("the failures are of connections that the router held: %s", report)
	for _, f := range report.Failures {
		if !f.Kept && f.Time.After(killed) {
			t.Errorf("a connection that was made after the kill failed: %s", f)
		}
	}
	if early := report.Between(report.Began, before.Add(-12*time.Second)); len(early) > 0 {
		t.Errorf("requests failed that had been answered long before the kill: %v", early)
	}
}

// replaceRouter deletes a router with its grace and waits for its successor.
func replaceRouter(t *testing.T, i *installation.Installation) {
	t.Helper()
	before := routers(t, i)
	if err := i.World.Client.CoreV1().Pods(i.Namespace).Delete(t.Context(), before[0].Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the router has a successor", func() bool {
		now := routers(t, i)
		return len(now) == len(before) && !slices.ContainsFunc(now, func(p corev1.Pod) bool { return p.UID == before[0].UID })
	})
}

// routers are those that are ready and stay.
func routers(t *testing.T, i *installation.Installation) []corev1.Pod {
	t.Helper()
	return parts(t, i, "router")
}

// parts are the pods of one part of the installation that are ready and stay.
func parts(t *testing.T, i *installation.Installation, name string) []corev1.Pod {
	t.Helper()
	list, err := i.World.Client.CoreV1().Pods(i.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + name})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil || !isReady(p) })
}
