package kube

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

func TestOneControlPlaneAtATimeHoldsTheLease(t *testing.T) {
	config := testCluster(t)
	const namespace = "g-lease"
	testNamespace(t, config, namespace)
	hold := func(identity string, fn func(context.Context) error) (<-chan error, context.CancelFunc) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- Lease{Config: config, Namespace: namespace, Identity: identity, Logger: slog.New(slog.DiscardHandler)}.Hold(ctx, fn)
		}()
		return ended, stop
	}

	began, stopping, stopped := make(chan struct{}), make(chan struct{}), make(chan struct{})
	first, stopFirst := hold("first", func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		close(stopping)
		<-stopped
		return ctx.Err()
	})
	<-began
	second, stopSecond := hold("second", func(context.Context) error { return errors.New("the second began") })
	stopSecond()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("who waits and is stopped returns %v", err)
	}
	third, _ := hold("third", func(context.Context) error { return errors.New("the third began") })
	stopFirst()
	<-stopping
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	lease, err := client.CoordinationV1().Leases(namespace).Get(t.Context(), namespace, metav1.GetOptions{})
	if err != nil || lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity != "first" {
		t.Errorf("while the first is stopping, the Lease is %+v, %v", lease, err)
	}
	close(stopped)
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first returns %v", err)
	}
	if err := <-third; err == nil || err.Error() != "the third began" {
		t.Errorf("the third returns %v", err)
	}
}
