package kube_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

func TestEveryNodePullsWithTheTokenOfASiteAndOfNoOther(t *testing.T) {
	t.Parallel()
	s := newSubject(t)
	p := &puller{T: t, subject: s, namespace: namespace(t.TempDir())}
	p.makeNamespace()
	p.secret("own", token.Pull("site/pulled"))
	p.secret("other", token.Pull("site/another"))
	nodes, err := s.world.Client.CoreV1().Nodes().List(t.Context(), meta.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pulled, refused := p.push("site/pulled"), p.push("site/pulled")
	for _, node := range nodes.Items {
		p.start("own-"+node.Name, node.Name, pulled, "own")
		p.start("other-"+node.Name, node.Name, refused, "other")
	}
	for _, node := range nodes.Items {
		p.await("own-"+node.Name, func(pod *core.Pod) bool { return pod.Status.Phase == core.PodSucceeded })
		p.await("other-"+node.Name, isRefused)
	}
}

// puller starts pods that do nothing but have their image pulled.
type puller struct {
	*testing.T
	*subject
	namespace string
}

func (p *puller) makeNamespace() {
	p.Helper()
	namespaces := p.world.Client.CoreV1().Namespaces()
	if _, err := namespaces.Create(p.Context(), &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: p.namespace}}, meta.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		if err := namespaces.Delete(context.Background(), p.namespace, meta.DeleteOptions{}); err != nil {
			p.Error(err)
		}
	})
}

// secret makes the pull secret of a scope.
func (p *puller) secret(name string, scope token.Scope) {
	p.Helper()
	user, password := token.Sign(p.registry.Key, scope)
	text, err := json.Marshal(map[string]any{"auths": map[string]any{
		p.registry.Host: map[string]string{"username": user, "password": password},
	}})
	if err != nil {
		p.Fatal(err)
	}
	_, err = p.world.Client.CoreV1().Secrets(p.namespace).Create(p.Context(), &core.Secret{
		ObjectMeta: meta.ObjectMeta{Name: name}, Type: core.SecretTypeDockerConfigJson,
		Data: map[string][]byte{core.DockerConfigJsonKey: text},
	}, meta.CreateOptions{})
	if err != nil {
		p.Fatal(err)
	}
}

// push stores an image that no node has yet, with the token that can push there only, and
// returns how nodes call it.
func (p *puller) push(repository string) string {
	p.Helper()
	user, password := token.Sign(p.registry.Key, token.Push(repository))
	store := image.Store{Address: p.registry.Address, Insecure: true, Dial: p.registry.Dial, Username: user, Password: password}
	_, digest, _ := strings.Cut(p.base, "@")
	base, err := store.Pull(p.Context(), "base/debian", digest)
	if err != nil {
		p.Fatal(err)
	}
	dir := p.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page"), []byte(rand.Text()), 0o644); err != nil {
		p.Fatal(err)
	}
	layer, err := image.Directory(dir, "app")
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = layer.Close() }() // a temporary file
	made, err := image.Append(base, layer, "/app", "a test")
	if err == nil {
		err = store.Push(p.Context(), repository, strings.ToLower(rand.Text()), made)
	}
	if err != nil {
		p.Fatal(err)
	}
	found, err := made.Digest()
	if err != nil {
		p.Fatal(err)
	}
	return p.registry.Host + "/" + repository + "@" + found.String()
}

// start starts a pod that ends at once on a node.
func (p *puller) start(name, node, reference, secret string) {
	p.Helper()
	_, err := p.world.Client.CoreV1().Pods(p.namespace).Create(p.Context(), &core.Pod{
		ObjectMeta: meta.ObjectMeta{Name: name},
		Spec: core.PodSpec{
			NodeName: node, RestartPolicy: core.RestartPolicyNever,
			ImagePullSecrets: []core.LocalObjectReference{{Name: secret}},
			Containers:       []core.Container{{Name: "main", Image: reference, Command: []string{"/bin/cat", "/app/page"}, ImagePullPolicy: core.PullAlways}},
		},
	}, meta.CreateOptions{})
	if err != nil {
		p.Fatal(err)
	}
}

func (p *puller) await(name string, is func(*core.Pod) bool) {
	p.Helper()
	var last *core.Pod
	err := wait.PollUntilContextTimeout(p.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		var err error
		last, err = p.world.Client.CoreV1().Pods(p.namespace).Get(ctx, name, meta.GetOptions{})
		return err == nil && is(last), err
	})
	if err != nil {
		p.Errorf("the pod %s: %v; its last status is %+v", name, err, last.Status)
	}
}

// isRefused reports whether the registry wants another token.
func isRefused(pod *core.Pod) bool {
	for _, container := range pod.Status.ContainerStatuses {
		waiting := container.State.Waiting
		if waiting != nil && (strings.Contains(waiting.Message, "401") || strings.Contains(waiting.Message, "uthoriz")) {
			return true
		}
	}
	return false
}
