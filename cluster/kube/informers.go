package kube

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
)

// newInformers makes the informers of all that carries the label of an installation, in
// every namespace: one list and one watch per kind, however many instances there are.
func newInformers(client kubernetes.Interface, installation string) informers.SharedInformerFactory {
	ours := informers.WithTweakListOptions(func(o *metav1.ListOptions) {
		o.LabelSelector = labelInstallation + "=" + installation
	})
	return informers.NewSharedInformerFactoryWithOptions(client, 0, ours, informers.WithTransform(trim))
}

// trim drops from an object what nobody here reads and what would fill the memory.
func trim(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil { // else a tombstone, which is kept as it is
		accessor.SetManagedFields(nil)
	}
	return object, nil
}

// inform keeps the informers at work until ctx ends.
func (e *Engine) inform(ctx context.Context) error {
	e.informers.Start(ctx.Done())
	<-ctx.Done()
	e.informers.Shutdown()
	return ctx.Err()
}
