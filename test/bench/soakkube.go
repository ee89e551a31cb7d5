package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/installation"
	"gondor/test/kube/world"
)

// soakOnCluster is what the soak takes of the cluster.
var soakOnCluster = installation.Options{Namespace: "gondor-soak", Port: 30540, HostPort: 8091}

// measureSoakOnKube soaks Gondor on test/cluster's Kubernetes.
func measureSoakOnKube(ctx context.Context, b *bench, p plan) (err error) {
	w, err := world.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Leave()) }()
	made, err := installation.Install(ctx, w, soakOnCluster)
	k := &kubeBench{bench: b, Installation: made}
	defer func() { err = errors.Join(err, k.remove()) }()
	if err != nil {
		return err
	}
	at, err := url.Parse(k.URL())
	if err != nil {
		return err
	}
	one := &soaked{
		engine: "Kubernetes", dir: filepath.Join(k.Dir, "shop"), address: k.Address(),
		host: net.JoinHostPort("shop."+at.Hostname(), at.Port()), weigh: k.weighControlPlane,
	}
	one.run = func(_ context.Context, program string, args ...string) (string, error) {
		command := k.Git(one.dir, args...)
		if program == "gondor" {
			command = k.Command(one.dir, args...)
		}
		return output(command)
	}
	return b.soak(ctx, one, p.deploys)
}

func output(c *exec.Cmd) (string, error) {
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%v: %w\n%s", c.Args, err, out)
	}
	return string(out), nil
}

// weighControlPlane is what the control plane's process holds now.
func (k *kubeBench) weighControlPlane(ctx context.Context) (memory, error) {
	pods, err := k.World.Client.CoreV1().Pods(k.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=gondor"})
	if err != nil {
		return memory{}, fmt.Errorf("look for the control plane's pod: %w", err)
	}
	h := held{component: "gondor"}
	for _, pod := range pods.Items {
		if err := h.add(pod); err != nil {
			return memory{}, err
		}
	}
	return h.memory, nil
}
