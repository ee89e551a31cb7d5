package kube

import (
	"context"
	"fmt"

	"gondor/cluster/kube/registry/token"
)

// ensureBuilds makes the namespace of builds with all that belongs in it.
func (e *Engine) ensureBuilds(ctx context.Context) error {
	labels := map[string]string{labelManagedBy: fieldManager, labelInstallation: e.options.Namespace}
	if err := e.ensureNamespace(ctx, e.options.buildNamespace(), labels, token.Pull(baseRepositories)); err != nil {
		return fmt.Errorf("make the namespace of builds: %w", err)
	}
	return nil
}
