// Package manifest writes what has to be applied to a cluster before Gondor runs there:
// its namespace, its rights, and the control plane, the registry and the routers.
package manifest

import (
	"slices"
	"strconv"
)

// Options say how Gondor is installed. All but Domain and Image have defaults.
type Options struct {
	Domain    string // of the dashboard; sites get names below it
	Image     string // Gondor's own
	Namespace string // where Gondor lives, default "gondor"
	PublicURL string // where people reach Domain, default that of the routers' port

	// Bases are the images that sites are built and run in, as serve takes them:
	// RUNTIME=BUILD or RUNTIME=BUILD,RUN.
	Bases []string
	// BuildEnv is given to every step of a build: KEY=VALUE.
	BuildEnv []string
	// TrustedProxies are networks whose forwarding headers the routers believe.
	TrustedProxies []string

	StorageClass string // of all volumes, empty for the cluster's default
	Storage      string // of the control plane's volume, default "10Gi"

	Registry Registry
	Router   Router
	Agent    Agent
}

// Registry says where the images of sites are kept.
type Registry struct {
	// Host is a registry elsewhere; empty for one that is installed with Gondor.
	Host     string
	NodePort int    // of the one inside, by which nodes reach it as localhost, default 30500
	Storage  string // its volume, default "20Gi"
	Budget   string // what images may use of it, in bytes or as "18GB"; default nine tenths
}

// Router says how requests come in.
type Router struct {
	Kind     string // DaemonSet or Deployment; default DaemonSet
	HostPort int    // of every node that has a router of a DaemonSet; 0 for none
	Replicas int    // of a Deployment, default 2
	// NodePort of their Service; 0 for none: then the Service of a Deployment is a
	// LoadBalancer.
	NodePort int
}

// Agent says whether nodes have agents, which keep what processes wrote.
type Agent struct {
	Installed bool
	Budget    string // what one may keep that its node has removed, default "1Gi"
}

// The kinds of Router.
const (
	DaemonSet  = "daemonset"
	Deployment = "deployment"
)

func (o Options) withDefaults() Options {
	set(&o.Namespace, "gondor")
	set(&o.Storage, "10Gi")
	set(&o.Registry.NodePort, 30500)
	set(&o.Registry.Storage, "20Gi")
	set(&o.Router.Kind, DaemonSet)
	set(&o.Router.Replicas, 2)
	set(&o.Agent.Budget, "1Gi")
	set(&o.PublicURL, "http://"+o.Domain+o.Router.port())
	return o
}

// set gives a field that is zero its default.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// OnEveryNode reports whether the routers are a DaemonSet.
func (r Router) OnEveryNode() bool { return r.Kind == DaemonSet }

// UsesHostPort reports whether the routers take a port of their nodes.
func (r Router) UsesHostPort() bool { return r.OnEveryNode() && r.HostPort > 0 }

// ServiceType is that of the routers' Service.
func (r Router) ServiceType() string {
	switch {
	case r.NodePort > 0:
		return "NodePort"
	case r.OnEveryNode():
		return "ClusterIP"
	default:
		return "LoadBalancer"
	}
}

// port is that by which people reach the routers, as it stands in a URL.
func (r Router) port() string {
	port := r.NodePort
	if r.UsesHostPort() {
		port = r.HostPort
	}
	if port == 0 || port == 80 {
		return ""
	}
	return ":" + strconv.Itoa(port)
}

// OwnRegistry reports whether a registry is installed with Gondor.
func (o Options) OwnRegistry() bool { return o.Registry.Host == "" }

// RegistryHost is what nodes pull from.
func (o Options) RegistryHost() string {
	if o.OwnRegistry() {
		return "localhost:" + strconv.Itoa(o.Registry.NodePort)
	}
	return o.Registry.Host
}

// privateNetworks are where the routers' pods have their addresses (RFC 1918, RFC 6598,
// RFC 4193). The NetworkPolicy keeps all other pods from the control plane.
const privateNetworks = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"

// ServeArguments are those of the control plane.
func (o Options) ServeArguments() []string {
	all := []string{
		"serve", "--engine=kube", "--listen=:8600", "--ready=:8085", "--data=/var/lib/gondor",
		"--domain=" + o.Domain, "--public-url=" + o.PublicURL, "--trusted-proxies=" + privateNetworks,
		"--namespace=" + o.Namespace, "--image=" + o.Image, "--registry=" + o.RegistryHost(),
	}
	if o.OwnRegistry() {
		all = append(all, "--registry-address=gondor-registry."+o.Namespace+".svc:5000", "--registry-secret=gondor-registry")
	}
	if o.Agent.Installed {
		all = append(all, "--agents="+o.AgentNamespace())
	}
	if o.StorageClass != "" {
		all = append(all, "--storage-class="+o.StorageClass)
	}
	return slices.Concat(all, each("--base=", o.Bases), each("--build-env=", o.BuildEnv))
}

// RegistryArguments are those of the registry.
func (o Options) RegistryArguments() []string {
	return []string{
		"registry", "--listen=:5000", "--data=/var/lib/registry", "--key-file=/etc/gondor-registry/key",
		"--budget=" + o.Registry.Budget,
	}
}

// AgentNamespace is where the agents are. The name is not that of an instance, whose ID is
// longer.
func (o Options) AgentNamespace() string { return o.Namespace + "-agent" }

// AgentArguments are those of an agent.
func (o Options) AgentArguments() []string {
	return []string{
		"agent", "--listen=:8086", "--logs=/var/log", "--key-file=/etc/gondor-agent/key",
		"--namespace=" + o.Namespace, "--budget=" + o.Agent.Budget,
	}
}

// RouterArguments are those of a router.
func (o Options) RouterArguments() []string {
	all := []string{"router", "--listen=:8080", "--ready=:8085", "--namespace=" + o.Namespace}
	return slices.Concat(all, each("--trusted-proxies=", o.TrustedProxies))
}

func each(flag string, values []string) []string {
	var all []string
	for _, value := range values {
		all = append(all, flag+value)
	}
	return all
}
