package kube

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gondor/app"
)

// Apply implements app.Workloads. It is called at every word of the engine, so a workload
// that is as it should be costs no request.
func (e *Engine) Apply(ctx context.Context, w app.Workload) error {
	if w.Kind != app.Web && w.Kind != app.Worker || w.Replicas < 0 {
		return app.Invalid("kind", "%d replicas of kind %q can't run; use web or worker, and 0 or more", w.Replicas, string(w.Kind))
	}
	d, err := e.findDeployment(ctx, w.Ref)
	if err != nil {
		return err
	}
	if d == nil {
		d, err = e.create(ctx, w)
	}
	if err != nil {
		return fmt.Errorf("apply %s: %w", w.Ref, err)
	}
	if err := e.confirm(ctx, d, w); err != nil {
		return err
	}
	return e.scale(ctx, d, w.Replicas)
}

// findDeployment is the Deployment of a workload, nil when there is none. One that was made
// a moment ago may not have been heard of yet.
func (e *Engine) findDeployment(ctx context.Context, ref app.WorkloadRef) (*appsv1.Deployment, error) {
	namespace, name := e.options.namespaceOf(ref.Instance), workloadName(ref)
	deployments := e.informers.Apps().V1().Deployments()
	d, err := deployments.Lister().Deployments(namespace).Get(name)
	if err == nil {
		return d, nil
	}
	if deployments.Informer().HasSynced() && !e.workloads.isConfirmed(ref) {
		return nil, nil
	}
	d, err = e.client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for %s: %w", ref, err)
	}
	return d, nil
}

// create makes a new workload. Its variables come first, since its pods wait for them.
func (e *Engine) create(ctx context.Context, w app.Workload) (*appsv1.Deployment, error) {
	shipped, err := e.find(ctx, w.Program.Artifact)
	if err != nil {
		return nil, err
	}
	wanted, err := e.options.deployment(w, shipped)
	if err != nil {
		return nil, err
	}
	if err := e.ensureInstance(ctx, w.Program); err != nil {
		return nil, err
	}
	if err := e.applyEnvironment(ctx, w, nil); err != nil {
		return nil, err
	}
	deployments := e.client.AppsV1().Deployments(wanted.Namespace)
	made, err := permitted(ctx, func() (*appsv1.Deployment, error) {
		return deployments.Create(ctx, wanted, metav1.CreateOptions{FieldManager: fieldManager})
	})
	switch {
	case apierrors.IsAlreadyExists(err):
		return deployments.Get(ctx, wanted.Name, metav1.GetOptions{})
	case isQuota(err):
		return nil, app.Fault(app.CodeUnavailable, "%s", quotaSentence(err.Error()))
	}
	return made, err
}

// confirm completes a workload whose making was cut short. With what it was made stays.
func (e *Engine) confirm(ctx context.Context, d *appsv1.Deployment, w app.Workload) error {
	switch {
	case isLeaving(d):
		return app.Fault(app.CodeUnavailable, "%s is being removed; apply it again when it has gone", w.Ref)
	case e.workloads.isConfirmed(w.Ref):
		return nil
	}
	if err := e.complete(ctx, d, w); err != nil {
		return err
	}
	e.workloads.setConfirmed(w.Ref)
	return nil
}

// complete sees to it that all that belongs to a Deployment is there and goes with it.
func (e *Engine) complete(ctx context.Context, d *appsv1.Deployment, w app.Workload) error {
	owner := []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: d.Name, UID: d.UID}}
	if err := e.applyEnvironment(ctx, w, owner); err != nil {
		return err
	}
	budget := e.options.disruptionBudget(w)
	budget.OwnerReferences = owner
	_, err := permitted(ctx, func() (*policyv1.PodDisruptionBudget, error) {
		return serverApply(ctx, e.client.PolicyV1().PodDisruptionBudgets(d.Namespace), d.Name, budget)
	})
	return err
}

// applyEnvironment keeps the variables of a workload in a Secret of its own: those that it
// was first applied with.
func (e *Engine) applyEnvironment(ctx context.Context, w app.Workload, owner []metav1.OwnerReference) error {
	meta := e.options.workloadMeta(w)
	meta.OwnerReferences = owner
	secret, err := environment(meta, w.Program.Env)
	if err != nil {
		return err
	}
	secret.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}
	secrets := e.client.CoreV1().Secrets(secret.Namespace)
	_, err = permitted(ctx, func() (*corev1.Secret, error) {
		first, err := secrets.Get(ctx, secret.Name, metav1.GetOptions{})
		switch {
		case err == nil:
			secret.Data = first.Data
		case !apierrors.IsNotFound(err):
			return nil, err
		}
		return serverApply(ctx, secrets, secret.Name, secret)
	})
	if err != nil {
		return fmt.Errorf("keep the environment: %w", err)
	}
	return nil
}

// scale changes the number of replicas. Those that are too many drain by themselves, as
// process 1 of each does when it is told to end.
func (e *Engine) scale(ctx context.Context, d *appsv1.Deployment, replicas int) error {
	if d.Spec.Replicas != nil && int(*d.Spec.Replicas) == replicas {
		return nil
	}
	patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
	_, err := e.client.AppsV1().Deployments(d.Namespace).Patch(ctx, d.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil {
		return fmt.Errorf("scale %s/%s: %w", d.Namespace, d.Name, err)
	}
	return nil
}
