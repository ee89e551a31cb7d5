package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/world"
)

// kubeRunning is how many of the sites have a replica, the first ones: the others are scaled
// to 0, since the test cluster's nodes are all of them one small machine.
const kubeRunning = 10

// held is what the pods of one component hold and use at rest.
type held struct {
	component string
	pods      int
	memory    // of their processes, added up
	working   int64
	cpu       time.Duration // in the window
	pids      []int
}

// components are the values of the label app.kubernetes.io/name in Gondor's namespace.
var components = []string{"gondor", "router", "registry"}

// measureRest makes sites and looks at Gondor when nothing happens any more.
func (k *kubeBench) measureRest(ctx context.Context, p plan) (err error) {
	if err := k.populate(ctx, p.kubeSites); err != nil {
		return err
	}
	c := counters{k}
	if err := c.make(ctx); err != nil {
		return errors.Join(err, c.remove())
	}
	defer func() { err = errors.Join(err, c.remove()) }()
	calm, err := c.calm(ctx)
	if err != nil {
		return err
	}
	all, err := k.weighAll(ctx)
	if err != nil {
		return err
	}
	before, err := c.read(ctx)
	if err != nil {
		return err
	}
	if err := useCPU(ctx, all, p.kubeWindow); err != nil {
		return err
	}
	after, err := c.read(ctx)
	if err != nil {
		return err
	}
	k.reportRest(p, calm, all, func(account string) float64 {
		return float64(after[account]-before[account]) / p.kubeWindow.Minutes()
	})
	return nil
}

// calmWithin bounds how long Gondor may go on working after the last deploy.
const calmWithin = 3 * time.Minute

// calm waits until the accounts ask the API server for little, and returns how long that was.
func (c counters) calm(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	before, err := c.read(ctx)
	for err == nil && time.Since(began) < calmWithin {
		if err = pause(ctx, 20*time.Second); err != nil {
			break
		}
		var now map[string]int
		if now, err = c.read(ctx); err == nil && now["gondor"]-before["gondor"] < 10 {
			break
		}
		before = now
	}
	return time.Since(began), err
}

// weighAll looks at the memory of all components.
func (k *kubeBench) weighAll(ctx context.Context) ([]held, error) {
	var all []held
	for _, component := range components {
		pods, err := k.World.Client.CoreV1().Pods(k.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + component})
		if err != nil {
			return nil, fmt.Errorf("look for the pods of %s: %w", component, err)
		}
		h := held{component: component, pods: len(pods.Items)}
		for _, pod := range pods.Items {
			if err := k.weigh(ctx, &h, pod); err != nil {
				return nil, err
			}
		}
		all = append(all, h)
	}
	return all, nil
}

// weigh adds a pod to what a component holds.
func (k *kubeBench) weigh(ctx context.Context, h *held, pod corev1.Pod) error {
	if err := h.add(pod); err != nil {
		return err
	}
	working, err := k.workingSet(ctx, pod)
	h.working += working
	return err
}

// add adds the processes of a pod.
func (h *held) add(pod corev1.Pod) error {
	pids, err := world.Processes(pod, "gondor")
	if err != nil || len(pids) == 0 {
		return errors.Join(fmt.Errorf("the pod %s has no process on this machine", pod.Name), err)
	}
	for _, pid := range pids {
		m, err := memoryOf(pid)
		if err != nil {
			return err
		}
		h.rss, h.anonymous = h.rss+m.rss, h.anonymous+m.anonymous
	}
	h.pids = append(h.pids, pids...)
	return nil
}

// workingSet is what the kubelet holds against a pod's limit.
func (k *kubeBench) workingSet(ctx context.Context, pod corev1.Pod) (int64, error) {
	text, err := k.World.Client.Discovery().RESTClient().Get().AbsPath("/api/v1/nodes/" + pod.Spec.NodeName + "/proxy/stats/summary").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("ask the kubelet for the memory of %s: %w", pod.Name, err)
	}
	var summary struct {
		Pods []struct {
			PodRef struct{ UID string }
			Memory struct{ WorkingSetBytes int64 }
		}
	}
	if err := json.Unmarshal(text, &summary); err != nil {
		return 0, fmt.Errorf("read the memory of %s: %w", pod.Name, err)
	}
	for _, one := range summary.Pods {
		if one.PodRef.UID == string(pod.UID) {
			return one.Memory.WorkingSetBytes, nil
		}
	}
	return 0, nil // the kubelet has not looked yet
}

// useCPU notes what CPU the components use in a while.
func useCPU(ctx context.Context, all []held, while time.Duration) error {
	var pids []int
	for _, h := range all {
		pids = append(pids, h.pids...)
	}
	times, err := used(ctx, pids, while)
	for i := range all {
		for range all[i].pids {
			if len(times) > 0 {
				all[i].cpu += times[0]
				times = times[1:]
			}
		}
	}
	return err
}

// requestsTarget is how much an idle control plane may ask of the API server in a minute.
const requestsTarget = 30

func (k *kubeBench) reportRest(p plan, calm time.Duration, all []held, perMinute func(account string) float64) {
	fmt.Printf("kube idle: with %d sites, %d of which run and the others are scaled to 0, %.0f s after the last deploy\n", p.kubeSites, min(kubeRunning, p.kubeSites), calm.Seconds())
	fmt.Printf("API requests per minute over %v, as the API server counts those it dispatched for an account (a watch once):\n", p.kubeWindow)
	fmt.Printf("  control plane %.1f, all routers %.1f\n", perMinute("gondor"), perMinute("router"))
	fmt.Printf("%-10s %5s %8s %8s %12s %8s   in MB and ms, all pods added up\n", "", "pods", "RSS", "anon.", "working set", "CPU/min")
	for _, h := range all {
		cpu := h.cpu.Seconds() * 1000 / p.kubeWindow.Minutes()
		fmt.Printf("%-10s %5d %8.1f %8.1f %12.1f %8.0f\n", h.component, h.pods, megabytes(h.rss), megabytes(h.anonymous), megabytes(h.working), cpu)
	}
	requests := perMinute("gondor")
	k.verdicts.judge(requests <= requestsTarget, fmt.Sprintf("kube idle: at most %d API requests a minute", requestsTarget), "%.1f", requests)
}
