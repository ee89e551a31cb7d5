package kube

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	autoscaling "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/world"
)

// counting is a worker that writes a few numbered lines and sleeps. When it is woken it
// writes on, two megabytes or more a second, up to the most, and at its end how many there were.
const counting = `
x=0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789
i=0
read host </etc/hostname
count() {
  n=0
  while [ $n -lt $1 ]; do
    echo "count $host $i $x"
    i=$((i+1)) n=$((n+1))
  done
}
trap 'stop=1' TERM
count 10
sleep 100000
while [ -z "$stop" ]; do
  [ $i -ge 500000 ] || count 1000
  sleep 0.05
done
echo "count $host $i end"
`

// away is how many lines the worker writes while the control plane is away: several times
// what a node lets stand in a file.
const away = 350_000

func TestEveryLineOfAPodThatLivedAndWentWhileTheControlPlaneWasAwayIsKept(t *testing.T) {
	world.Long(t)
	site := siteOf(t, fstest.MapFS{
		"Procfile": {Data: []byte("worker: sh count.sh\n")}, "count.sh": {Data: []byte(counting)},
	}, "count")
	site.run("deploy")
	pod := site.pods("worker")[0]
	eventually(t, "its first lines are in the log", func() bool { return strings.Contains(site.run("logs", "worker"), pod.Name) })
	site.controlPlanes(0)
	t.Cleanup(func() { site.controlPlanes(1) })
	if n, err := site.gondor.World.Signal(pod, "sleep", syscall.SIGKILL); n != 1 || err != nil {
		t.Fatalf("%d workers were woken: %v", n, err)
	}
	eventually(t, "the node has rotated the worker's output", func() bool { return site.counted(pod) > away })
	pods := site.gondor.World.Client.CoreV1().Pods(pod.Namespace)
	if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pod is gone", func() bool {
		_, err := pods.Get(t.Context(), pod.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	site.controlPlanes(1)
	eventually(t, "its last line is in the log", func() bool { return strings.Contains(site.logged("worker", "-g", "end$"), pod.Name) })
	counts := site.counts()
	t.Logf("lines by pod: %v", counts)
	if counts[pod.Name] < away || len(counts) < 2 {
		t.Errorf("the lines of %s, of which there are more than %d, and of its successor are not in the log: %v", pod.Name, away, counts)
	}
	site.run("sites", "delete", "--yes")
}

// controlPlanes sets how many there are, and returns when that is so.
func (p place) controlPlanes(n int32) {
	p.t.Helper()
	w, space := p.gondor.World, p.gondor.Namespace
	scale := &autoscaling.Scale{ObjectMeta: metav1.ObjectMeta{Namespace: space, Name: "gondor"}, Spec: autoscaling.ScaleSpec{Replicas: n}}
	if _, err := w.Client.AppsV1().StatefulSets(space).UpdateScale(context.Background(), "gondor", scale, metav1.UpdateOptions{}); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, fmt.Sprintf("there are %d control planes", n), func() bool {
		pod, err := w.Client.CoreV1().Pods(space).Get(context.Background(), controlPlane, metav1.GetOptions{})
		return n == 0 && apierrors.IsNotFound(err) || n == 1 && err == nil && isReady(*pod)
	})
}

// counted is the number of the newest line of a worker, as its node knows it.
func (p place) counted(pod corev1.Pod) int {
	p.t.Helper()
	one := int64(1)
	log, err := p.gondor.World.Client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{TailLines: &one}).DoRaw(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	_, n, _, _ := parseCount(p.t, string(log))
	return n
}

// logged is what gondor logs prints, "" while the control plane does not answer yet.
func (p place) logged(arguments ...string) string {
	out, err := p.gondor.Command(p.dir, append([]string{"logs"}, arguments...)...).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// counts reads the whole log and returns how many lines each pod has in it. It fails unless
// those are all of its lines, in their order.
func (p place) counts() map[string]int {
	p.t.Helper()
	next := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader([]byte(p.run("logs", "worker", "-n", "0"))))
	for lines.Scan() {
		pod, n, end, found := parseCount(p.t, lines.Text())
		if !found {
			continue // Gondor's own
		}
		if n != next[pod] {
			p.t.Fatalf("of %s line %d follows on line %d", pod, n, next[pod]-1)
		}
		if !end {
			next[pod]++
		}
	}
	return next
}

var countLine = regexp.MustCompile(`count (\S+) ([0-9]+) (end)?`)

func parseCount(t *testing.T, line string) (pod string, n int, end, found bool) {
	t.Helper()
	match := countLine.FindStringSubmatch(line)
	if match == nil {
		return "", 0, false, false
	}
	n, err := strconv.Atoi(match[2])
	if err != nil {
		t.Fatal(err)
	}
	return match[1], n, match[3] != "", true
}
