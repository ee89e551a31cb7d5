package kube_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/cluster/kube"
)

func TestOneControlPlaneAtATimeHoldsTheLease(t *testing.T) {
	t.Parallel()
	s := &subject{world: opening.World(t)}
	namespace := namespace(t.TempDir())
	s.makeNamespace(t, namespace)
	t.Cleanup(func() { s.remove(context.Background(), t, namespace) })
	hold := func(identity string, fn func(context.Context) error) (<-chan error, context.CancelFunc) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- kube.Lease{Config: s.world.Config, Namespace: namespace, Identity: identity, Logger: slog.New(slog.DiscardHandler)}.Hold(ctx, fn)
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
	lease, err := s.world.Client.CoordinationV1().Leases(namespace).Get(t.Context(), namespace, meta.GetOptions{})
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
