// Package access finds out how a cluster is reached, and whether it is one that Gondor
// can run on.
package access

import (
	"errors"
	"io/fs"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"gondor/app"
)

// Load reads how the API server is reached: from the kubeconfig of that path; without one,
// as a pod of the cluster is told; outside of a cluster, from the kubeconfigs that
// KUBECONFIG lists in env. inside says that it was the second. CodeInvalid when there is
// none, or what there is can't be used; nothing is asked of the server yet.
func Load(path string, env func(key string) string) (config *rest.Config, inside bool, err error) {
	if path != "" {
		config, err = read(&clientcmd.ClientConfigLoadingRules{ExplicitPath: path}, "--kubeconfig", path)
		return config, false, err
	}
	config, err = rest.InClusterConfig()
	if err == nil {
		return config, true, nil
	}
	if !errors.Is(err, rest.ErrNotInCluster) {
		return nil, false, app.Invalid("", "Gondor runs in a pod that can't reach the API server: %v; give the pod a service account whose token is mounted", err)
	}
	kubeconfig := env(clientcmd.RecommendedConfigPathEnvVar)
	if kubeconfig == "" {
		return nil, false, app.Invalid("--kubeconfig", "is missing, and Gondor runs in no cluster; say how the cluster is reached, here or in KUBECONFIG")
	}
	config, err = read(&clientcmd.ClientConfigLoadingRules{Precedence: filepath.SplitList(kubeconfig)}, "KUBECONFIG", kubeconfig)
	return config, false, err
}

func read(rules *clientcmd.ClientConfigLoadingRules, field, path string) (*rest.Config, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, app.Invalid(field, "there is no file %s; name the kubeconfig of your cluster", path)
	case clientcmd.IsEmptyConfig(err):
		return nil, app.Invalid(field, "%s names no cluster; name a kubeconfig with a current context", path)
	case err != nil:
		return nil, app.Invalid(field, "%s is no kubeconfig that can be used: %v", path, err)
	}
	return config, nil
}
