package manifest_test

import (
	"context"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	meta1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"

	"gondor/cluster/kube/manifest"
	kubeworld "gondor/test/kube/world"
)

// world is a real cluster as its administrator sees it.
type world struct {
	t      *testing.T
	config *rest.Config
	client kubernetes.Interface
	any    dynamic.Interface
	mapper meta.RESTMapper
}

func newWorld(t *testing.T) *world {
	t.Helper()
	config := kubeworld.Config(t)
	w := &world{t: t, config: config, client: kubernetes.NewForConfigOrDie(config), any: dynamic.NewForConfigOrDie(config)}
	w.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(w.client.Discovery()))
	return w
}

// as is the cluster as a service account sees it.
func (w *world) as(namespace, account string) kubernetes.Interface {
	config := rest.CopyConfig(w.config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":" + account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
	return kubernetes.NewForConfigOrDie(config)
}

// install applies the manifests, and takes everything away with the test.
func (w *world) install(o manifest.Options) []*unstructured.Unstructured {
	w.t.Helper()
	w.uninstall(o)
	w.t.Cleanup(func() { w.uninstall(o) })
	return w.apply(o)
}

// apply applies the manifests as "kubectl apply --server-side" does.
func (w *world) apply(o manifest.Options) []*unstructured.Unstructured {
	w.t.Helper()
	var applied []*unstructured.Unstructured
	for _, object := range w.objects(o) {
		got, err := w.resource(object).Apply(w.t.Context(), object.GetName(), object, meta1.ApplyOptions{FieldManager: "kubectl", Force: true})
		if err != nil {
			w.t.Fatalf("apply %s %s: %v", object.GetKind(), object.GetName(), err)
		}
		applied = append(applied, got)
	}
	return applied
}

func (w *world) objects(o manifest.Options) []*unstructured.Unstructured {
	w.t.Helper()
	var objects []*unstructured.Unstructured
	for _, document := range documents(render(w.t, o)) {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			w.t.Fatal(err)
		}
		objects = append(objects, object)
	}
	return objects
}

func (w *world) resource(object *unstructured.Unstructured) dynamic.ResourceInterface {
	w.t.Helper()
	kind := object.GroupVersionKind()
	mapping, err := w.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		w.t.Fatal(err)
	}
	if object.GetNamespace() == "" {
		return w.any.Resource(mapping.Resource)
	}
	return w.any.Resource(mapping.Resource).Namespace(object.GetNamespace())
}

// uninstall deletes what the manifests and Gondor made, and waits until it is gone.
func (w *world) uninstall(o manifest.Options) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	objects := w.objects(o)
	for _, object := range objects {
		err := w.resource(object).Delete(ctx, object.GetName(), meta1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			w.t.Errorf("delete %s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
	w.removeNamespaces(ctx, o.Namespace)
}

// removeNamespaces deletes a namespace and those that belong to it.
func (w *world) removeNamespaces(ctx context.Context, namespace string) {
	w.t.Helper()
	for {
		found, err := w.client.CoreV1().Namespaces().List(ctx, meta1.ListOptions{})
		if err != nil {
			w.t.Fatal(err)
		}
		left := 0
		for _, one := range found.Items {
			if one.Name != namespace && !belongs(one.Name, namespace) {
				continue
			}
			left++
			if one.DeletionTimestamp == nil {
				_ = w.client.CoreV1().Namespaces().Delete(ctx, one.Name, meta1.DeleteOptions{}) // or else in the next round
			}
		}
		if left == 0 {
			return
		}
		w.pause(ctx)
	}
}

func belongs(name, namespace string) bool {
	return len(name) > len(namespace) && name[:len(namespace)+1] == namespace+"-"
}

// until waits for a condition.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for !holds() {
		if ctx.Err() != nil {
			w.t.Fatalf("it took too long until %s", what)
		}
		w.pause(ctx)
	}
}

func (w *world) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// namespace makes a namespace as the administrator does.
func (w *world) namespace(name string, labels map[string]string) {
	w.t.Helper()
	namespace := &core.Namespace{ObjectMeta: meta1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := w.client.CoreV1().Namespaces().Create(w.t.Context(), namespace, meta1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}
