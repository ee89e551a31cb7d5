package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// clusterConfig says how the cluster is reached: as the file does, or else the one that
// the variable KUBECONFIG names, or else as a pod of the cluster reaches it.
func (p *Program) clusterConfig(path string) (*rest.Config, error) {
	if path == "" {
		path = p.io.Env("KUBECONFIG")
	}
	if path == "" {
		config, err := rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			return nil, usage("this is no pod of a cluster; say which cluster with --kubeconfig FILE")
		}
		if err != nil {
			return nil, fmt.Errorf("read how this pod reaches its cluster: %w", err)
		}
		return config, nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", p.absolute(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage("--kubeconfig %s is not there; name the file that says how to reach the cluster", path)
	case err != nil:
		return nil, usage("--kubeconfig %s does not say how to reach a cluster: %s", path, err)
	}
	return config, nil
}
