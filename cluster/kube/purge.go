package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
)

// Purge implements app.Workloads: it removes the instance's namespace with everything in
// it, and returns when it is gone. CodeConflict while a workload of the instance is there.
func (e *Engine) Purge(ctx context.Context, id app.ID[app.Instance]) error {
	if id == "" {
		return app.Invalid("instance", "is missing")
	}
	if err := e.checkIdle(id); err != nil {
		return err
	}
	name := e.options.namespaceOf(id)
	found, err := e.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		e.spaces.set(name, false)
		return nil
	case err != nil:
		return fmt.Errorf("look for the namespace of an instance: %w", err)
	case found.Labels[labelInstallation] != e.options.Namespace:
		return app.Conflict("instance", "the namespace %s is not Gondor's; remove it by hand", name)
	}
	if err := e.purge(ctx, name); err != nil {
		return fmt.Errorf("purge an instance: %w", err)
	}
	return nil
}

// checkIdle refuses an instance that has workloads.
func (e *Engine) checkIdle(id app.ID[app.Instance]) error {
	w := e.workloads
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, told := range w.told {
		if told.Ref.Instance == id {
			return app.Conflict("instance", "%s is still there; remove it first", told.Ref)
		}
	}
	return nil
}

// purge ends what runs before it deletes the namespace: with that, Gondor's own rights
// there go.
func (e *Engine) purge(ctx context.Context, name string) error {
	e.spaces.set(name, false)
	if err := e.killAll(ctx, name); err != nil {
		return err
	}
	if err := e.freePods(ctx, name); err != nil {
		return err
	}
	err := e.client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
	if err := ignoreNotFound(err); err != nil && !apierrors.IsConflict(err) { // a conflict: it is on its way
		return fmt.Errorf("delete a namespace: %w", err)
	}
	return e.awaitNoNamespace(ctx, name)
}

// killGrace is how long, in seconds, what still runs in an instance that is purged may
// take to end.
const killGrace = int64(1)

// killAll kills what still runs.
func (e *Engine) killAll(ctx context.Context, name string) error {
	grace := killGrace
	_, err := permitted(ctx, func() (struct{}, error) {
		return struct{}{}, e.client.CoreV1().Pods(name).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &grace}, metav1.ListOptions{})
	})
	if err := ignoreNotFound(err); err != nil {
		return fmt.Errorf("end what runs in a namespace: %w", err)
	}
	return nil
}

// nodePatience is how long a node may take to tell that a pod has ended.
const nodePatience = 20 * time.Second

// freePods returns when the pods have gone, or their nodes had their time. Those of one-offs
// are kept for who would ask how they ended; nobody will any more.
func (e *Engine) freePods(ctx context.Context, namespace string) error {
	ticker := time.NewTicker(goneInterval)
	defer ticker.Stop()
	for begun := time.Now(); ; {
		late := time.Since(begun) > nodePatience
		left, err := e.freeEnded(ctx, namespace, late)
		if err != nil || left == 0 || late {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// freeEnded lets the pods go that have ended, or all, and returns how many there were.
func (e *Engine) freeEnded(ctx context.Context, namespace string, all bool) (int, error) {
	pods, err := e.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("list what runs in a namespace: %w", err)
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if isKept(pod) && (all || hasEnded(pod)) {
			err = errors.Join(err, e.releasePod(ctx, pod))
		}
	}
	return len(pods.Items), err
}

// isKept reports whether a pod is kept for those who ask how it ended.
func isKept(pod *corev1.Pod) bool { return slices.Contains(pod.Finalizers, processFinalizer) }
