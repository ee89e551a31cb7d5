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

// registryKey is the key of the Secret that holds the key of the registry.
const registryKey = "key"

// RegistryKey returns the key of Gondor's own registry, which the Secret of that name in
// Gondor's namespace holds. It makes one when there is none yet; two that do so at the same
// time get the same. CodeNotFound when there is no such Secret.
func RegistryKey(ctx context.Context, config *rest.Config, namespace, name string) ([]byte, error) {
	client, err := kubernetes.NewForConfig(ownConfig(config))
	if err != nil {
		return nil, fmt.Errorf("read how the cluster is reached: %w", err)
	}
	secrets := client.CoreV1().Secrets(namespace)
	secret, err := findKey(ctx, secrets, name)
	if err != nil {
		return nil, err
	}
	if len(secret.Data[registryKey]) > 0 {
		return token.Key(secret.Data[registryKey])
	}
	secret.Data = map[string][]byte{registryKey: []byte(newKey())}
	made, err := secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: fieldManager})
	if apierrors.IsConflict(err) { // another was quicker
		made, err = findKey(ctx, secrets, name)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the key of the registry: %w", err)
	}
	return token.Key(made.Data[registryKey])
}

func findKey(ctx context.Context, secrets typed.SecretInterface, name string) (*corev1.Secret, error) {
	secret, err := secrets.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, app.Fault(app.CodeNotFound, "there is no Secret %s for the key of the registry; apply what gondor install prints", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of the registry: %w", err)
	}
	return secret, nil
}

// newKey is as "openssl rand -hex 32" writes one.
func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return hex.EncodeToString(key)
}
