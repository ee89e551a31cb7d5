package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
	"gondor/cluster/kube/registry/token"
)

// gondorName is what Gondor calls its own things: its ServiceAccount, its RoleBinding and
// its NetworkPolicy in the namespace of an instance.
const gondorName = "gondor"

// spaces are the namespaces that are known to be in order, so that they are not made ever
// again. It is safe for concurrent use.
type spaces struct {
	mu    sync.Mutex
	ready map[string]bool
}

func (s *spaces) isReady(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready[name]
}

func (s *spaces) set(name string, ready bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ready {
		s.ready[name] = true
	} else {
		delete(s.ready, name)
	}
}

// gone takes to heart that a namespace was deleted, whoever did that.
func (s *spaces) gone(object any) {
	if name, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil { // else it is no object
		s.set(name, false)
	}
}

// ensureInstance makes the namespace of an instance with all that belongs in it, and the
// volume if the program asks for one. It is idempotent.
func (e *Engine) ensureInstance(ctx context.Context, p app.Program) error {
	name := e.options.namespaceOf(p.Instance)
	scope := token.Pull("site/" + string(p.Site))
	if err := e.ensureNamespace(ctx, name, e.options.instanceLabels(p.Site, p.Instance), scope); err != nil {
		return fmt.Errorf("make the namespace of an instance: %w", err)
	}
	return e.ensureVolume(ctx, name, p)
}

// ensureNamespace makes a namespace of Gondor's, with its rights, its walls and the token
// that its images are pulled with. One that is being removed is waited for first.
func (e *Engine) ensureNamespace(ctx context.Context, name string, labels map[string]string, scope token.Scope) error {
	if e.spaces.isReady(name) {
		return nil
	}
	if err := e.applyNamespace(ctx, name, labels); err != nil {
		return err
	}
	if err := e.applyBinding(ctx, name, labels); err != nil {
		return err
	}
	if err := e.applyPolicy(ctx, name, labels); err != nil {
		return err
	}
	if err := e.applyPullSecret(ctx, name, labels, scope); err != nil {
		return err
	}
	e.spaces.set(name, true)
	return nil
}

func (e *Engine) applyNamespace(ctx context.Context, name string, labels map[string]string) error {
	namespace := &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}},
	}
	for key, value := range labels {
		namespace.Labels[key] = value
	}
	for {
		made, err := serverApply(ctx, e.client.CoreV1().Namespaces(), name, namespace)
		if err != nil || made.DeletionTimestamp == nil {
			return err
		}
		if err := e.awaitNoNamespace(ctx, name); err != nil {
			return err
		}
	}
}

// applyBinding gives Gondor its rights in the namespace.
func (e *Engine) applyBinding(ctx context.Context, name string, labels map[string]string) error {
	_, err := serverApply(ctx, e.client.RbacV1().RoleBindings(name), gondorName, &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"},
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: gondorName, Labels: labels},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: e.options.instanceRole()},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: e.options.Namespace, Name: gondorName}},
	})
	return err
}

// applyPolicy keeps everybody out but the instance itself, the routers and the control plane.
func (e *Engine) applyPolicy(ctx context.Context, name string, labels map[string]string) error {
	_, err := permitted(ctx, func() (*networkingv1.NetworkPolicy, error) {
		return serverApply(ctx, e.client.NetworkingV1().NetworkPolicies(name), gondorName, &networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
			ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: gondorName, Labels: labels},
			Spec: networkingv1.NetworkPolicySpec{
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
				Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: e.options.callers()}},
			},
		})
	})
	return err
}

// callers are who may reach the pods of an instance.
func (o Options) callers() []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{
		{PodSelector: &metav1.LabelSelector{}},
		{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: o.Namespace}},
			PodSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: labelName, Operator: metav1.LabelSelectorOpIn, Values: []string{"router", gondorName}},
			}},
		},
	}
}

// applyPullSecret lets the nodes pull the images of one site, and of no other.
func (e *Engine) applyPullSecret(ctx context.Context, name string, labels map[string]string, scope token.Scope) error {
	login, err := e.options.Registry.login(scope)
	if err != nil {
		return err
	}
	_, err = permitted(ctx, func() (*corev1.Secret, error) {
		return serverApply(ctx, e.client.CoreV1().Secrets(name), pullSecret, &corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: pullSecret, Labels: labels},
			Type:       corev1.SecretTypeDockerConfigJson,
			Data:       map[string][]byte{corev1.DockerConfigJsonKey: login},
		})
	})
	return err
}

// login is the file that nodes log in to the registry with.
func (r Registry) login(scope token.Scope) ([]byte, error) {
	user := map[string]string{"username": r.Username, "password": r.Password}
	if len(r.Key) > 0 {
		user["username"], user["password"] = token.Sign(r.Key, scope)
	}
	auths := map[string]any{}
	if user["username"] != "" {
		auths[r.Host] = user
	}
	text, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		return nil, fmt.Errorf("write the login to the registry: %w", err)
	}
	return text, nil
}

// patcher is the client of one kind of object.
type patcher[T any] interface {
	Patch(ctx context.Context, name string, kind types.PatchType, data []byte, o metav1.PatchOptions, sub ...string) (T, error)
}

// serverApply makes an object what it should be, by server-side apply.
func serverApply[T any](ctx context.Context, client patcher[T], name string, object T) (T, error) {
	var none T
	text, err := json.Marshal(object)
	if err != nil {
		return none, fmt.Errorf("write %s: %w", name, err)
	}
	force := true
	made, err := client.Patch(ctx, name, types.ApplyPatchType, text, metav1.PatchOptions{FieldManager: fieldManager, Force: &force})
	if err != nil {
		return none, fmt.Errorf("apply %s: %w", name, err)
	}
	return made, nil
}

// ignoreNotFound is err, unless it says that something is not there.
func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
