package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gondor/app"
)

const (
	// startPatience is how long a one-off may take to start: room may have to be made, an
	// image may be large.
	startPatience = 10 * time.Minute
	// lostPatience is how long a node may take to tell of the end of a pod that it should
	// have stopped.
	lostPatience = 20 * time.Second
	// runKept is how long the end of an ephemeral process is kept: who was attached asks
	// at once, or has gone with an earlier Gondor.
	runKept = 30 * time.Minute
)

// judgePod does what is due for a pod and says when to look again, 0 for at its next change.
func (e *Engine) judgePod(ctx context.Context, pod *corev1.Pod, now time.Time) (again time.Duration, err error) {
	exit, ended := exitOf(pod)
	switch {
	case isForgotten(pod):
		return 0, nil
	case ended && pod.DeletionTimestamp != nil:
		return 0, e.followNamespace(ctx, pod)
	case ended && isEphemeral(pod):
		return e.forgetRun(ctx, pod, exit.Ended.Add(runKept).Sub(now))
	case ended:
		return 0, nil
	case pod.DeletionTimestamp != nil:
		return e.judgeLost(ctx, pod, pod.DeletionTimestamp.Add(lostPatience).Sub(now))
	case isRunning(pod):
		return 0, nil
	default:
		return e.judgeStart(ctx, pod, pod.CreationTimestamp.Add(startPatience).Sub(now))
	}
}

// judgeStart gives up a pod that can't start.
func (e *Engine) judgeStart(ctx context.Context, pod *corev1.Pod, left time.Duration) (time.Duration, error) {
	why := problemOf(pod)
	if !why.final && left > 0 {
		return left, nil
	}
	if why.text == "" {
		why.text = e.lastWarning(ctx, pod)
	}
	return 0, e.giveUp(ctx, pod, app.Exit{Code: neverRan, Message: "it could not be started: " + sentence(why.text), Ended: time.Now()})
}

// judgeLost gives up a pod that was to be stopped on a node that does not answer. What runs
// there, if it does, is stopped when the node comes back.
func (e *Engine) judgeLost(ctx context.Context, pod *corev1.Pod, left time.Duration) (time.Duration, error) {
	if left > 0 {
		return left, nil
	}
	ready, err := e.nodeReady(ctx, pod.Spec.NodeName)
	if err != nil || ready {
		return lostPatience, err
	}
	return 0, e.giveUp(ctx, pod, app.Exit{Code: killed, Message: "killed: its node " + pod.Spec.NodeName + " was lost", Ended: time.Now()})
}

func (e *Engine) nodeReady(ctx context.Context, name string) (bool, error) {
	node, err := e.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the node of a process: %w", err)
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue, nil
		}
	}
	return false, nil
}

// giveUp decides how a process ended, for all who wait, and has its pod stopped.
func (e *Engine) giveUp(ctx context.Context, pod *corev1.Pod, exit app.Exit) error {
	text, err := json.Marshal(exit)
	if err != nil {
		return fmt.Errorf("write the end of a process: %w", err)
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pod.UID, "annotations": map[string]string{annotationExit: string(text)},
	}})
	if err != nil {
		return fmt.Errorf("write the end of a process: %w", err)
	}
	_, err = e.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("give up a process: %w", err)
	}
	e.log.Info("a process is given up", "namespace", pod.Namespace, "pod", pod.Name, "message", exit.Message)
	return e.deletePod(ctx, pod)
}

// followNamespace lets the pod go when its namespace does, which waits for it.
func (e *Engine) followNamespace(ctx context.Context, pod *corev1.Pod) error {
	namespace, err := e.client.CoreV1().Namespaces().Get(ctx, pod.Namespace, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("look at the namespace of a process: %w", err)
	}
	if err == nil && namespace.DeletionTimestamp == nil {
		return nil
	}
	return e.releasePod(ctx, pod)
}

// forgetRun forgets an ephemeral process when nobody has for so long.
func (e *Engine) forgetRun(ctx context.Context, pod *corev1.Pod, left time.Duration) (time.Duration, error) {
	if left > 0 {
		return left, nil
	}
	return 0, e.Forget(ctx, app.ProcessID(pod.Annotations[annotationProcess]))
}

func isEphemeral(pod *corev1.Pod) bool { return pod.Annotations[annotationEphemeral] == "true" }

// lastWarning is what the cluster last complained of about a pod.
func (e *Engine) lastWarning(ctx context.Context, pod *corev1.Pod) string {
	const unknown = "the cluster does not say why"
	events, err := e.client.CoreV1().Events(pod.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: "involvedObject.uid=" + string(pod.UID) + ",type=Warning",
	})
	if err != nil || len(events.Items) == 0 {
		return unknown // it only serves to explain
	}
	last := events.Items[0]
	for _, event := range events.Items {
		if event.LastTimestamp.After(last.LastTimestamp.Time) {
			last = event
		}
	}
	return last.Message
}
