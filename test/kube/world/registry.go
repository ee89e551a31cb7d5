package world

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"gondor/cluster/kube"
	"gondor/cluster/kube/registry/token"
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
	return w.make(ctx, namespace, port, registryDeployment(image, arguments...))
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

func (r *Registry) transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return r.Dial(ctx, network, address)
	}}
}

// Push pushes an image as "base/debian:1" or "site/ID:BUILD" and returns the reference that
// nodes pull it by.
func (r *Registry) Push(ctx context.Context, as string, image v1.Image) (string, error) {
	tag, err := name.NewTag(r.Address+"/"+as, name.Insecure)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	user, password := token.Sign(r.Key, token.Admin())
	login := remote.WithAuth(&authn.Basic{Username: user, Password: password})
	if err := remote.Write(tag, image, login, remote.WithTransport(r.transport()), remote.WithContext(ctx)); err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	digest, err := image.Digest()
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	repository, _, _ := strings.Cut(as, ":")
	return cmp.Or(r.Inside, r.Host) + "/" + repository + "@" + digest.String(), nil
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
