package kube

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	corev1 "k8s.io/api/core/v1"

	"gondor/app"
)

// A one-off asks for no more room on a node than this, and may use its size: it is short,
// and the largest size fits on no node that is in use.
const (
	promisedCPU    = 0.1
	promisedMemory = 128 << 20
)

// stopMargin is what process 1 needs beside the StopTimeout.
const stopMargin = 10 * time.Second

// Start implements app.Processes.
func (e *Engine) Start(ctx context.Context, p app.Process) error {
	if err := e.ensureInstance(ctx, p.Program); err != nil {
		return err
	}
	shipped, _ := e.find(ctx, p.Program.Artifact) // the pod tells why it can't run
	namespace := e.options.namespaceOf(p.Program.Instance)
	return e.startPod(ctx, namespace, p, podOrder{Program: p.Program, Spec: e.options.spec(p.Program), Shipped: shipped})
}

// complete fills in what the order owes to the process.
func (order podOrder) complete(p app.Process) podOrder {
	s := &order.Spec
	s.TTY, s.Window, s.Stdin, s.Hold, s.Ephemeral = p.TTY, p.Window, p.Stdin, p.Hold, p.Ephemeral
	s.Timeout, s.StopTimeout, s.Log = p.Timeout, cmp.Or(p.StopTimeout, app.DefaultStopTimeout), p.LogName != ""
	order.Secret, order.Restart = environmentName(p.ID), corev1.RestartPolicyNever
	order.Grace = s.StopTimeout + stopMargin
	if order.Promised == (app.Size{}) {
		size := p.Program.Size
		order.Promised = app.Size{CPU: min(size.CPU, promisedCPU), Memory: min(size.Memory, promisedMemory)}
	}
	return order
}

// environmentName is a name for the Secret of a one-off that no other has, not even of the
// same ID: what is forgotten leaves a Secret that the cluster removes when it comes to it.
func environmentName(id app.ProcessID) string {
	return label(string(id)) + "-" + strings.ToLower(rand.Text()[:8])
}

// Wait implements app.Processes. What the process wrote to its log is there to be read
// when Wait returns.
func (e *Engine) Wait(ctx context.Context, id app.ProcessID) (app.Exit, error) {
	if exit, ok := e.oneOffs.exit(id); ok {
		return exit, nil
	}
	pod, err := e.oneOffs.await(ctx, id, hasEnded)
	if err != nil {
		return app.Exit{}, err
	}
	if err := e.logs.read(ctx, pod); err != nil {
		return app.Exit{}, err
	}
	exit, _ := exitOf(pod)
	return exit, nil
}

// Stop implements app.Processes. The pod is deleted, which has its node stop it with grace;
// the finalizer keeps its end for Wait.
func (e *Engine) Stop(ctx context.Context, id app.ProcessID) error {
	if _, known := e.oneOffs.exit(id); known {
		return nil
	}
	pod, err := e.oneOffs.find(ctx, id)
	if app.IsNotFound(err) {
		return nil
	}
	if err != nil || hasEnded(pod) || pod.DeletionTimestamp != nil {
		return err
	}
	return e.deletePod(ctx, pod)
}

// Forget implements app.Processes. One that still runs is stopped.
func (e *Engine) Forget(ctx context.Context, id app.ProcessID) error {
	pod, err := e.oneOffs.find(ctx, id)
	if app.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := e.deletePod(ctx, pod); err != nil {
		return err
	}
	if err := e.releasePod(ctx, pod); err != nil {
		return err
	}
	e.oneOffs.forget(id)
	return nil
}

// Kept implements app.Processes. What was started a moment ago may be missing.
func (e *Engine) Kept(context.Context) ([]app.ProcessID, error) { return e.oneOffs.kept(), nil }

// deletePod tells the cluster to stop a pod. No error when it is gone.
func (e *Engine) deletePod(ctx context.Context, pod *corev1.Pod) error {
	if pod.DeletionTimestamp != nil {
		return nil
	}
	this := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &pod.UID}}
	err := e.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, this)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("stop a process: %w", err)
	}
	return nil
}

// releasePod lets a pod that was deleted go. No error when it is gone.
func (e *Engine) releasePod(ctx context.Context, pod *corev1.Pod) error {
	patch := fmt.Sprintf(`{"metadata":{"uid":%q,"$deleteFromPrimitiveList/finalizers":[%q]}}`, pod.UID, processFinalizer)
	_, err := e.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("forget a process: %w", err)
	}
	return nil
}
