package kube_test

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// remove deletes the namespaces of an engine.
func (s *subject) remove(ctx context.Context, t *testing.T, space string) {
	t.Helper()
	namespaces := s.world.Client.CoreV1().Namespaces()
	all, err := namespaces.List(ctx, meta.ListOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	for _, n := range all.Items {
		if n.Name != space && !strings.HasPrefix(n.Name, space+"-") {
			continue
		}
		s.free(ctx, t, n.Name)
		if err := namespaces.Delete(ctx, n.Name, meta.DeleteOptions{}); err != nil && !errors.IsNotFound(err) {
			t.Error(err)
		}
	}
}

// free lets the pods of one-offs go that no test has forgotten: their namespace would never
// come to its end.
func (s *subject) free(ctx context.Context, t *testing.T, namespace string) {
	t.Helper()
	pods := s.world.Client.CoreV1().Pods(namespace)
	all, err := pods.List(ctx, meta.ListOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	patch := []byte(`{"metadata":{"finalizers":null}}`)
	for _, pod := range all.Items {
		if len(pod.Finalizers) == 0 {
			continue
		}
		if _, err := pods.Patch(ctx, pod.Name, types.MergePatchType, patch, meta.PatchOptions{}); err != nil && !errors.IsNotFound(err) {
			t.Error(err)
		}
	}
}
