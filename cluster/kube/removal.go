package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
)

// Remove implements app.Workloads. That it has begun is written on the Deployment, so that
// another Gondor goes on with it:
//
//	there ──Remove──▶ draining ──all observers know, requests have ended──▶ deleted ──its pods have gone──▶ gone
func (e *Engine) Remove(ctx context.Context, ref app.WorkloadRef) error {
	d, err := e.findDeployment(ctx, ref)
	if err != nil || d == nil || isLeaving(d) {
		return err
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{annotationDraining: time.Now().UTC().Format(time.RFC3339)},
	}})
	if err != nil {
		return fmt.Errorf("write that a workload is removed: %w", err)
	}
	_, err = e.client.AppsV1().Deployments(d.Namespace).Patch(ctx, d.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove %s: %w", ref, err)
	}
	return nil
}

// retryInterval is between two attempts at what the cluster refused.
const retryInterval = time.Second

// leave begins the removal of a workload whose draining was told with that version, unless
// it has begun.
func (e *Engine) leave(ctx context.Context, key string, known app.Workload, version uint64) {
	w := e.workloads
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.leaving[key] {
		return
	}
	w.leaving[key] = true
	addresses := w.addresses(key)
	go func() {
		if err := e.drain(ctx, known, addresses, version); err != nil {
			return // ctx has ended; the next Gondor goes on
		}
		for ctx.Err() == nil {
			err := e.deleteDeployment(ctx, key)
			if err == nil {
				return
			}
			e.log.Error("removing a workload needs another attempt", "workload", known.Ref, "error", err)
			sleep(ctx, retryInterval)
		}
	}()
}

// addresses are those of the replicas of a Deployment that answer. The caller holds the lock.
func (w *workloads) addresses(key string) []string {
	var addresses []string
	for _, r := range w.told[key].Replicas {
		if r.Address != "" && !r.Started.IsZero() {
			addresses = append(addresses, r.Address)
		}
	}
	return addresses
}

// drain returns when everybody knows that the replicas go, no new request reaches them and
// those in flight have ended, or had their time.
func (e *Engine) drain(ctx context.Context, known app.Workload, addresses []string, version uint64) error {
	if err := e.workloads.observers.Heard(ctx, known.Ref, version); err != nil {
		return err
	}
	if err := e.switched(ctx, known.Ref); err != nil {
		e.log.Error("a route may still lead to a workload that is removed", "workload", known.Ref, "error", err)
	}
	if e.options.Drainer == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, known.Config.DrainTimeout)
	defer cancel()
	group, limited := errgroup.WithContext(limited)
	for _, address := range addresses {
		group.Go(func() error { return e.options.Drainer.Drain(limited, address) })
	}
	if err := group.Wait(); err != nil && limited.Err() == nil {
		e.log.Error("drain a workload", "workload", known.Ref, "error", err)
	}
	return ctx.Err()
}

// deleteDeployment deletes a Deployment after its pods. No error when it is gone.
func (e *Engine) deleteDeployment(ctx context.Context, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return fmt.Errorf("delete a Deployment: %w", err)
	}
	last := metav1.DeletePropagationForeground
	err = e.client.AppsV1().Deployments(namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &last})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete a Deployment: %w", err)
	}
	return nil
}
