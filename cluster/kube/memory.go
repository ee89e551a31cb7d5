package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// memory is what has to be remembered of a pod because the cluster forgets it.
type memory struct {
	deployment string
	ready      string // the container that was seen ready
	ended      string // the container that ended last
	read       bool   // what that wrote is in the log
}

// lastLinesPatience is how long the last lines of a container are waited for before its
// end is told.
const lastLinesPatience = 3 * time.Second

// remember keeps what a pod shows only for a moment, and has the log of a container that
// has ended read to its end.
func (e *Engine) remember(ctx context.Context, pod *corev1.Pod) {
	w := e.workloads
	status := processStatus(pod)
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.pods[pod.UID]
	if m == nil {
		m = &memory{deployment: deploymentOf(pod)}
		w.pods[pod.UID] = m
	}
	if status.Ready {
		m.ready = status.ContainerID
	}
	end := endOf(status)
	if end == nil || end.ContainerID == m.ended {
		return
	}
	m.ended, m.read = end.ContainerID, false
	go e.readEnd(ctx, pod, end.ContainerID)
}

// readEnd waits for the last lines of a container, then has its workload looked at.
func (e *Engine) readEnd(ctx context.Context, pod *corev1.Pod, container string) {
	limited, cancel := context.WithTimeout(ctx, lastLinesPatience)
	defer cancel()
	_ = e.logs.read(limited, pod) // the end is told all the same
	w := e.workloads
	w.mu.Lock()
	if m := w.pods[pod.UID]; m != nil && m.ended == container {
		m.read = true
	}
	w.mu.Unlock()
	w.due.Add(deploymentOf(pod))
}

// recall returns what is remembered of a pod.
func (w *workloads) recall(uid types.UID) memory {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.pods[uid]; m != nil {
		return *m
	}
	return memory{read: true}
}

// allRead reports whether the logs of all pods of a Deployment are read to the end of what
// has ended there.
func (w *workloads) allRead(deployment string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.pods {
		if m.deployment == deployment && m.ended != "" && !m.read {
			return false
		}
	}
	return true
}

// forgetPods forgets the pods of a Deployment but these.
func (w *workloads) forgetPods(deployment string, but []*corev1.Pod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := map[types.UID]bool{}
	for _, pod := range but {
		kept[pod.UID] = true
	}
	for uid, m := range w.pods {
		if m.deployment == deployment && !kept[uid] && (m.read || m.ended == "") {
			delete(w.pods, uid)
		}
	}
}

// processStatus is that of the container of the program; zero while there is none.
func processStatus(pod *corev1.Pod) corev1.ContainerStatus {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == processContainer {
			return c
		}
	}
	return corev1.ContainerStatus{}
}

// endOf is how a container ended last, nil when it never did.
func endOf(c corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if c.State.Terminated != nil {
		return c.State.Terminated
	}
	return c.LastTerminationState.Terminated
}
