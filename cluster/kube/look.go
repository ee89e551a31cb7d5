package kube

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
)

// lookAt tells how the workload of a Deployment is, if that is news, and does what is due.
func (e *Engine) lookAt(ctx context.Context, key string) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return // no key of ours
	}
	pods := e.podsOf(namespace, name)
	d, err := e.informers.Apps().V1().Deployments().Lister().Deployments(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		e.lookAtNothing(key, pods)
		return
	}
	var known app.Workload
	if err == nil {
		known, err = appliedOf(d)
	}
	if err != nil {
		e.log.Error("can't look at a workload", "deployment", key, "error", err)
		return
	}
	version := e.tell(key, app.Observation{Ref: known.Ref, Replicas: e.replicas(d, known, pods)})
	if isLeaving(d) {
		e.leave(ctx, key, known, version)
		return
	}
	e.workloads.forgetPods(key, pods)
}

// podsOf are the pods that run for a Deployment, in the order of their names. One that was
// evicted is replaced and runs no more.
func (e *Engine) podsOf(namespace, name string) []*corev1.Pod {
	ours := labels.SelectorFromSet(labels.Set{labelWorkload: name})
	pods, err := e.informers.Core().V1().Pods().Lister().Pods(namespace).List(ours)
	if err != nil {
		return nil // it reads memory
	}
	pods = slices.DeleteFunc(pods, func(p *corev1.Pod) bool {
		return p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded
	})
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return pods
}

// lookAtNothing tells that a workload has gone, when its pods have too and what they wrote
// is in the log.
func (e *Engine) lookAtNothing(key string, pods []*corev1.Pod) {
	w := e.workloads
	if len(pods) > 0 || !w.allRead(key) {
		return // it is looked at again when they go, or are read
	}
	w.forgetPods(key, nil)
	w.mu.Lock()
	last, known := w.told[key]
	delete(w.told, key)
	delete(w.leaving, key)
	delete(w.confirmed, last.Ref)
	w.mu.Unlock()
	if known {
		w.observers.Publish(app.Observation{Ref: last.Ref, Gone: true})
	}
}

// tell tells what is news and returns the version of what was told last.
func (e *Engine) tell(key string, now app.Observation) uint64 {
	w := e.workloads
	w.mu.Lock()
	defer w.mu.Unlock()
	last, known := w.told[key]
	if !known || !reflect.DeepEqual(last.Observation, now) {
		last = toldOnce{now, w.observers.Publish(now)}
		w.told[key] = last
	}
	return last.version
}

// lastTold is what was last told of a replica.
func (w *workloads) lastTold(key, id string) (app.Replica, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.told[key].Replicas {
		if r.ID == id {
			return r, true
		}
	}
	return app.Replica{}, false
}

// replicas are those of a workload as they are now.
func (e *Engine) replicas(d *appsv1.Deployment, w app.Workload, pods []*corev1.Pod) []app.Replica {
	leaving := isLeaving(d)
	replicas := make([]app.Replica, 0, len(pods))
	for _, pod := range pods {
		replicas = append(replicas, e.replicaOf(w.Ref, pod, leaving))
	}
	if message := refusalOf(d); message != "" && len(pods) == 0 && !leaving {
		replicas = append(replicas, app.Replica{Ref: w.Ref, ID: d.Name, State: app.ReplicaStarting, Message: message})
	}
	return replicas
}

// replicaOf reads how a replica is. The end of a container is only told when its last
// lines are there; until then it is as it was.
func (e *Engine) replicaOf(ref app.WorkloadRef, pod *corev1.Pod, leaving bool) app.Replica {
	remembered := e.workloads.recall(pod.UID)
	r := readReplica(ref, pod, remembered)
	said := e.logs.told(pod.UID)
	switch {
	case leaving || pod.DeletionTimestamp != nil:
		r.State = app.ReplicaDraining
	case r.State == app.ReplicaCrashed && !remembered.read:
		if before, known := e.workloads.lastTold(deploymentOf(pod), r.ID); known {
			return before
		}
		r.State, r.Message = app.ReplicaStarting, ""
	case r.State != app.ReplicaHealthy && r.State != app.ReplicaCrashed:
		r.Message = cmp.Or(said.Health, r.Message)
	}
	if r.State != app.ReplicaHealthy {
		r.Output = said.Output
	}
	return r
}

// readReplica reads how a replica is from what the cluster says of its pod.
func readReplica(ref app.WorkloadRef, pod *corev1.Pod, m memory) app.Replica {
	c := processStatus(pod)
	r := app.Replica{Ref: ref, ID: pod.Name, Address: addressOf(pod), Restarts: int(c.RestartCount)}
	end := endOf(c)
	if end != nil {
		r.LastExit = ownExit(pod, end).Message
	}
	switch {
	case c.State.Running != nil && isReady(pod):
		r.State, r.Started = app.ReplicaHealthy, c.State.Running.StartedAt.Time
	case c.State.Running != nil && wasReady(pod, c, m):
		r.State, r.Started, r.Message = app.ReplicaUnhealthy, c.State.Running.StartedAt.Time, "it does not answer on "+pod.Spec.NodeName
	case c.State.Running != nil:
		r.State, r.Started = app.ReplicaStarting, c.State.Running.StartedAt.Time
	case end != nil:
		r.State, r.Started, r.Message = app.ReplicaCrashed, end.StartedAt.Time, r.LastExit
		r.Restarts++ // the end that it has not been started again after
	default:
		r.State, r.Message = app.ReplicaStarting, sentence(problemOf(pod).text)
	}
	return r
}

// addressOf is where a web replica listens; empty for a worker, and while it has none.
func addressOf(pod *corev1.Pod) string {
	if pod.Status.PodIP == "" {
		return ""
	}
	for _, c := range pod.Spec.Containers {
		for _, port := range c.Ports {
			if port.Name == webPort {
				return hostPort(pod.Status.PodIP, int(port.ContainerPort))
			}
		}
	}
	return ""
}

// wasReady reports whether the present container has been ready before: it was seen so, or
// the pod stopped being ready after its start.
func wasReady(pod *corev1.Pod, c corev1.ContainerStatus, m memory) bool {
	if m.ready == c.ContainerID && m.ready != "" {
		return true
	}
	condition := readyCondition(pod)
	return condition != nil && condition.LastTransitionTime.After(c.State.Running.StartedAt.Time)
}

func readyCondition(pod *corev1.Pod) *corev1.PodCondition {
	for i, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

// refusalOf says why the cluster does not let pods of a Deployment be made.
func refusalOf(d *appsv1.Deployment) string {
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			return refusalSentence(c.Message)
		}
	}
	return ""
}
