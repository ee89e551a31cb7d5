package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/installation"
	"gondor/test/kube/world"
	"gondor/web/api"
)

// onCluster is what the bench takes of the cluster.
var onCluster = installation.Options{Namespace: "gondor-bench", Port: 30520, HostPort: 8089}

// kubeLimit is the time that the part on Kubernetes may take.
const kubeLimit = 25 * time.Minute

// kubeBench is Gondor on a cluster of Kubernetes.
type kubeBench struct {
	*bench
	*installation.Installation
	client *api.Client
	images editions
}

// measureKube compares deploys and looks at Gondor when nothing happens any more.
func measureKube(ctx context.Context, b *bench, p plan) error {
	return b.onCluster(ctx, func(ctx context.Context, k *kubeBench) error {
		if err := k.measurePairs(ctx, p.rounds); err != nil {
			return err
		}
		return k.measureRest(ctx, p)
	})
}

// measureKubePipe compares runs.
func measureKubePipe(ctx context.Context, b *bench, _ plan) error {
	return b.onCluster(ctx, func(ctx context.Context, k *kubeBench) error { return k.measurePipe(ctx) })
}

// onCluster measures Gondor on test/cluster's Kubernetes, if that is there.
func (b *bench) onCluster(ctx context.Context, measure func(context.Context, *kubeBench) error) (err error) {
	w, err := world.Open()
	if errors.Is(err, world.ErrNone) {
		fmt.Println("kube: left out, as there is no cluster here; where one can run, make bench-kube brings it up")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Leave()) }()
	if !w.Own {
		fmt.Println("kube: left out, as this cluster is not test/cluster's, into whose network and processes it looks; make bench-kube brings that up")
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, kubeLimit, fmt.Errorf("it took longer than %v", kubeLimit))
	defer cancel()
	k, err := b.install(ctx, w)
	defer func() { err = errors.Join(err, k.remove()) }()
	if err != nil {
		return err
	}
	return measure(ctx, k)
}

// install puts Gondor on the cluster, with the images to deploy in its registry. What it
// returns is to be removed, whether or not there is an error.
func (b *bench) install(ctx context.Context, w *world.World) (*kubeBench, error) {
	made, err := installation.Install(ctx, w, onCluster)
	k := &kubeBench{bench: b, Installation: made}
	if err != nil {
		return k, err
	}
	at, err := url.Parse(k.URL())
	if err != nil {
		return k, err
	}
	k.client = api.NewClient(api.Options{URL: at})
	if _, err := k.client.SignIn(ctx, "admin", installation.Password); err != nil {
		return k, fmt.Errorf("sign in: %w", err)
	}
	k.images, err = k.pushEditions(ctx)
	return k, err
}

// remove takes all off the cluster again and waits until it has gone, so that the next run
// finds room.
func (k *kubeBench) remove() error {
	if k.client != nil {
		k.client.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := k.Remove(ctx); err != nil {
		return err
	}
	return until(ctx, "the cluster has removed all", func() (bool, error) {
		all, err := k.World.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		for _, n := range all.Items {
			if strings.HasPrefix(n.Name, k.Namespace) {
				return false, err
			}
		}
		return true, err
	})
}

// until looks now and then until something holds.
func until(ctx context.Context, what string, holds func() (bool, error)) error {
	for {
		done, err := holds()
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("wait until %s: %w", what, err)
		}
		if done {
			return nil
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("wait until %s: %w", what, err)
		}
	}
}
