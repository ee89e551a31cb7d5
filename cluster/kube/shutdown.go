package kube

import (
	"context"
	"errors"
	"fmt"
	"net"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Listen returns a listener on the address. In a cluster nothing holds connections while
// Gondor is down; routers that run beside it go on.
func (e *Engine) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	var c net.ListenConfig
	return c.Listen(ctx, network, address)
}

// Notes returns sentences for the operator about what the engine can't do here.
func (e *Engine) Notes() []string { return nil }

// Shutdown stops every replica and every one-off. The next Open that is told to apply the
// workloads starts them again.
func (e *Engine) Shutdown(ctx context.Context) error {
	ours := metav1.ListOptions{LabelSelector: labelInstallation + "=" + e.options.Namespace + "," + labelInstance}
	deployments, err := e.client.AppsV1().Deployments(metav1.NamespaceAll).List(ctx, ours)
	if err != nil {
		return fmt.Errorf("list the workloads: %w", err)
	}
	pods, err := e.client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, ours)
	if err != nil {
		return fmt.Errorf("list the processes: %w", err)
	}
	var errs []error
	for i := range deployments.Items {
		errs = append(errs, e.scale(ctx, &deployments.Items[i], 0))
	}
	for i := range pods.Items {
		if pods.Items[i].Labels[labelProcess] != "" {
			errs = append(errs, e.deletePod(ctx, &pods.Items[i]))
		}
	}
	return errors.Join(errs...)
}
