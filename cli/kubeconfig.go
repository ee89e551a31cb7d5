package cli

import (
	"k8s.io/client-go/rest"

	"gondor/cluster/kube/access"
)

// clusterConfig says how the cluster is reached, as access.Load does.
func (p *Program) clusterConfig(path string) (*rest.Config, error) {
	if path != "" {
		path = p.absolute(path)
	}
	config, _, err := access.Load(path, p.io.Env)
	return config, err
}
