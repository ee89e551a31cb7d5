package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
)

// processFinalizer keeps the pod of a one-off, and so its end, until it is forgotten: also
// when it was deleted, or its node was.
const processFinalizer = "gondor.io/process"

// What stands on the pods of one-offs beside labels.
const (
	annotationProcess = "gondor.io/process" // the whole ID
	annotationExit    = "gondor.io/exit"    // the app.Exit that the engine gave it, as JSON
	annotationLog     = "gondor.io/log"     // the app.LogName of its lines; also of replicas
	// annotationEphemeral is "true" of one that ends when who attached has gone.
	annotationEphemeral = "gondor.io/ephemeral"
)

// startPod starts a one-off in a namespace that is there. The order says what else the pod
// has; what it owes to the process is filled in. Starting the same ID again changes nothing.
func (e *Engine) startPod(ctx context.Context, namespace string, p app.Process, order podOrder) error {
	order = order.complete(p)
	spec, err := e.options.podSpec(order)
	if err != nil {
		return err
	}
	pod, err := e.createPod(ctx, &corev1.Pod{ObjectMeta: e.processMeta(namespace, p), Spec: spec})
	if err != nil {
		return fmt.Errorf("start a process: %w", err)
	}
	if hasEnded(pod) {
		return nil
	}
	return e.giveEnvironment(ctx, pod, p.Program.Env)
}

// processMeta names and labels the pod of a one-off.
func (e *Engine) processMeta(namespace string, p app.Process) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{
		Namespace: namespace, Name: label(string(p.ID)), Finalizers: []string{processFinalizer},
		Labels:      e.options.instanceLabels(p.Program.Site, p.Program.Instance),
		Annotations: map[string]string{annotationProcess: string(p.ID)},
	}
	meta.Labels[labelProcess] = label(string(p.ID))
	if p.Program.Instance == "" { // a build
		delete(meta.Labels, labelInstance)
	}
	if p.Ephemeral {
		meta.Annotations[annotationEphemeral] = "true"
	}
	if p.LogName != "" {
		meta.Annotations[annotationLog] = string(p.LogName)
	}
	return meta
}

// createPod makes the pod, or finds it. One that is about to go makes room first.
func (e *Engine) createPod(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	pods := e.client.CoreV1().Pods(pod.Namespace)
	for {
		created, err := permitted(ctx, func() (*corev1.Pod, error) {
			return pods.Create(ctx, pod, metav1.CreateOptions{FieldManager: fieldManager})
		})
		if !apierrors.IsAlreadyExists(err) {
			return created, err
		}
		found, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
		if err == nil && !isForgotten(found) {
			return found, nil
		}
		if err == nil {
			err = e.oneOffs.awaitGone(ctx, found)
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
}

// isForgotten reports whether the pod only waits for its node to let it go.
func isForgotten(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp != nil && len(pod.Finalizers) == 0
}

// environmentOf is the name of the Secret that a pod waits for.
func environmentOf(pod *corev1.Pod) string {
	for _, volume := range pod.Spec.Volumes {
		if volume.Name == environmentVolume && volume.Secret != nil {
			return volume.Secret.SecretName
		}
	}
	return "" // every pod of ours has one
}

// giveEnvironment makes the Secret that the pod waits for. The pod owns it, so that they go
// together; that is why it comes second.
func (e *Engine) giveEnvironment(ctx context.Context, pod *corev1.Pod, variables map[string]string) error {
	secret, err := environment(metav1.ObjectMeta{
		Namespace: pod.Namespace, Name: environmentOf(pod), Labels: pod.Labels,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}},
	}, variables)
	if err != nil {
		return err
	}
	_, err = permitted(ctx, func() (*corev1.Secret, error) {
		return e.client.CoreV1().Secrets(pod.Namespace).Create(ctx, secret, metav1.CreateOptions{FieldManager: fieldManager})
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("give a process its environment: %w", err)
	}
	return nil
}
