package kube

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
)

// ensureVolume claims the volume of an instance. One that is there stays as it is: its
// size is that of the first program that asked for one.
func (e *Engine) ensureVolume(ctx context.Context, namespace string, p app.Program) error {
	if p.Volume == 0 {
		return nil
	}
	_, err := permitted(ctx, func() (*corev1.PersistentVolumeClaim, error) {
		return e.client.CoreV1().PersistentVolumeClaims(namespace).Create(ctx, e.options.claim(namespace, p), metav1.CreateOptions{FieldManager: fieldManager})
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("claim the volume of an instance: %w", err)
	}
	return nil
}

func (o Options) claim(namespace string, p app.Program) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: dataClaim, Labels: o.instanceLabels(p.Site, p.Instance)},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{
				corev1.ResourceStorage: *resource.NewQuantity(p.Volume, resource.BinarySI),
			}},
		},
	}
	if o.StorageClass != "" {
		claim.Spec.StorageClassName = &o.StorageClass
	}
	return claim
}

// goneInterval is between two looks at whether a namespace has gone.
const goneInterval = 250 * time.Millisecond

// awaitNoNamespace waits until a namespace that is being removed is no more.
func (e *Engine) awaitNoNamespace(ctx context.Context, name string) error {
	ticker := time.NewTicker(goneInterval)
	defer ticker.Stop()
	for {
		_, err := e.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("wait for the end of a namespace: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
