package kube

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"gondor/app"
	"gondor/cluster/kube/registry/token"
)

// secretKey is the key of the Secrets that hold the key of the registry and of the agents.
const secretKey = "key"

// RegistryKey returns the key of Gondor's own registry, which the Secret of that name in
// Gondor's namespace holds. It makes one when there is none yet; two that do so at the same
// time get the same. CodeNotFound when there is no such Secret.
func RegistryKey(ctx context.Context, config *rest.Config, namespace, name string) ([]byte, error) {
	return sharedKey(ctx, config, namespace, name, "the key of the registry")
}

// AgentKey returns the key of the agents, which the Secret of that name in their namespace
// holds. As RegistryKey it makes one when there is none yet.
func AgentKey(ctx context.Context, config *rest.Config, namespace, name string) ([]byte, error) {
	return sharedKey(ctx, config, namespace, name, "the key of the agents")
}

func sharedKey(ctx context.Context, config *rest.Config, namespace, name, what string) ([]byte, error) {
	client, err := kubernetes.NewForConfig(ownConfig(config))
	if err != nil {
		return nil, fmt.Errorf("read how the cluster is reached: %w", err)
	}
	secrets := client.CoreV1().Secrets(namespace)
	secret, err := findKey(ctx, secrets, name, what)
	if err != nil {
		return nil, err
	}
	if len(secret.Data[secretKey]) > 0 {
		return token.Key(secret.Data[secretKey])
	}
	secret.Data = map[string][]byte{secretKey: []byte(newKey())}
	made, err := secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: fieldManager})
	if apierrors.IsConflict(err) { // another was quicker
		made, err = findKey(ctx, secrets, name, what)
	}
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", what, err)
	}
	return token.Key(made.Data[secretKey])
}

func findKey(ctx context.Context, secrets typed.SecretInterface, name, what string) (*corev1.Secret, error) {
	secret, err := secrets.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, app.Fault(app.CodeNotFound, "there is no Secret %s for %s; apply what gondor install prints", name, what)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return secret, nil
}

// newKey is as "openssl rand -hex 32" writes one.
func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return hex.EncodeToString(key)
}
