package world

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"gondor/cluster/kube"
)

// registryName is the name of the objects of a registry.
const registryName = "gondor-registry"

// The namespaces and the ports of the registries that all tests share.
const (
	sharedNamespace = "test-gondor-registry"
	sharedPort      = 30551
	openNamespace   = "test-registry"
	openPort        = 30550
)

// key signs the tokens of all registries of tests.
const key = "a key for tests, which protects nothing"

// Registry is a registry in the cluster.
type Registry struct {
	kube.Registry
	// Inside is where pods reach the registry by its address, as one of the world outside.
	Inside string
	world  *World
}

// Shared returns the registry that all tests share, made of an image that has Gondor as
// /gondor if there is none. Its key is always the same.
func (w *World) Shared(ctx context.Context, image string) (*Registry, error) {
	w.sharing.Lock()
	defer w.sharing.Unlock()
	if w.registry != nil {
		return w.registry, nil
	}
	r, err := w.Registry(ctx, sharedNamespace, image, sharedPort)
	if err != nil {
		return nil, err
	}
	w.registry = r
	return r, nil
}

// Elsewhere returns the registry that stands in for those of the world outside: everybody
// may pull from it without a password, from inside pods at its Address. The image is that of
// test/kube/site.
func (w *World) Elsewhere(ctx context.Context, image string) (*Registry, error) {
	w.sharing.Lock()
	defer w.sharing.Unlock()
	r, err := w.make(ctx, openNamespace, openPort, registryDeployment(image, "test-registry", "/data"))
	if err != nil {
		return nil, err
	}
	service, err := w.Client.CoreV1().Services(openNamespace).Get(ctx, registryName, meta.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("look up the registry in %s: %w", openNamespace, err)
	}
	r.Inside = net.JoinHostPort(service.Spec.ClusterIP, "5000")
	return r, nil
}

// Registry returns Gondor's registry of a namespace, made if there is none, when it answers.
// Port is of the nodes; 0 leaves the choice to the cluster.
func (w *World) Registry(ctx context.Context, namespace, image string, port int32) (*Registry, error) {
	arguments := []string{"registry", "--listen=:5000", "--data=/data", "--key-file=/key/key", "--budget=8Gi"}
	deployment := registryDeployment(image, arguments...)
	if err := w.renew(ctx, namespace, deployment); err != nil {
		return nil, fmt.Errorf("renew the registry in %s: %w", namespace, err)
	}
	return w.make(ctx, namespace, port, deployment)
}

// renew replaces a registry that another build of Gondor runs. What that one kept is lost.
func (w *World) renew(ctx context.Context, namespace string, deployment *apps.Deployment) error {
	deployments := w.Client.AppsV1().Deployments(namespace)
	found, err := deployments.Get(ctx, registryName, meta.GetOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.Spec.Template.Spec.Containers[0].Image == deployment.Spec.Template.Spec.Containers[0].Image {
		return nil
	}
	found.Spec.Template = deployment.Spec.Template
	if _, err := deployments.Update(ctx, found, meta.UpdateOptions{FieldManager: "gondor-test"}); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		now, err := deployments.Get(ctx, registryName, meta.GetOptions{})
		return err == nil && now.Status.ObservedGeneration >= now.Generation && now.Status.Replicas == 1 && now.Status.UpdatedReplicas == 1, err
	})
}

// make makes a registry unless there is one.
func (w *World) make(ctx context.Context, namespace string, port int32, deployment *apps.Deployment) (*Registry, error) {
	if err := w.makeRegistry(ctx, namespace, port, deployment); err != nil {
		return nil, fmt.Errorf("make a registry in %s: %w", namespace, err)
	}
	service, err := w.Client.CoreV1().Services(namespace).Get(ctx, registryName, meta.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("make a registry in %s: %w", namespace, err)
	}
	r := &Registry{world: w, Registry: kube.Registry{
		Host:    "localhost:" + strconv.Itoa(int(service.Spec.Ports[0].NodePort)),
		Address: registryName + "." + namespace + ".svc:5000", Insecure: true,
		Key: []byte(key), Dial: w.Dial,
	}}
	return r, r.await(ctx)
}

// await waits until the registry answers.
func (r *Registry) await(ctx context.Context) error {
	client := http.Client{Transport: r.transport(), Timeout: 5 * time.Second}
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Address+"/v2/", http.NoBody)
		if err != nil {
			return false, err
		}
		answer, err := client.Do(request)
		if err != nil {
			return false, nil // it is about to start
		}
		return answer.StatusCode < 500, answer.Body.Close()
	})
	if err != nil {
		return fmt.Errorf("wait until the registry answers at %s: %w", r.Address, err)
	}
	return nil
}

// made creates an object unless there is one.
func made[T any](ctx context.Context, create func(context.Context, *T, meta.CreateOptions) (*T, error), object *T) error {
	_, err := create(ctx, object, meta.CreateOptions{FieldManager: "gondor-test"})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (w *World) makeRegistry(ctx context.Context, namespace string, port int32, deployment *apps.Deployment) error {
	ns := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: namespace}}
	if err := made(ctx, w.Client.CoreV1().Namespaces().Create, ns); err != nil {
		return err
	}
	secret := &core.Secret{ObjectMeta: meta.ObjectMeta{Name: registryName}, StringData: map[string]string{"key": key}}
	if err := made(ctx, w.Client.CoreV1().Secrets(namespace).Create, secret); err != nil {
		return err
	}
	services := w.Client.CoreV1().Services(namespace)
	if _, err := services.Get(ctx, registryName, meta.GetOptions{}); err == nil {
		return nil // and a second one of the same port would be refused for that
	}
	if err := made(ctx, w.Client.AppsV1().Deployments(namespace).Create, deployment); err != nil {
		return err
	}
	return made(ctx, services.Create, registryService(port))
}
