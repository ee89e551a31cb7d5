package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"gondor/app"
	"gondor/cluster"
	"gondor/cluster/kube"
)

// kubeFlags are the flags of serve that the engine kube alone has.
type kubeFlags struct {
	kubeconfig, namespace, image              string
	registry, registryAddress, registrySecret string
	agents, storageClass, ready               string
	bases, buildEnv                           []string
}

func (f *kubeFlags) bind(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "how to reach the cluster (default: as a pod of it, then $KUBECONFIG)")
	flags.StringVar(&f.namespace, "namespace", "", "where Gondor lives in the cluster (default: gondor)")
	flags.StringVar(&f.image, "image", "", "Gondor's own image")
	flags.StringVar(&f.registry, "registry", "", "where nodes pull the images of sites from: HOST[:PORT]")
	flags.StringVar(&f.registryAddress, "registry-address", "", "where pods reach the same registry (default: as nodes do)")
	flags.StringVar(&f.registrySecret, "registry-secret", "", "the Secret with the key of Gondor's own registry")
	flags.StringVar(&f.agents, "agents", "", "the namespace of the agents of the nodes (default: there are none)")
	flags.StringVar(&f.storageClass, "storage-class", "", "of the volumes of instances (default: the cluster's)")
	flags.StringArrayVar(&f.bases, "base", nil, "images that sites are built and run in: RUNTIME=BUILD[,RUN], for each runtime")
	flags.StringArrayVar(&f.buildEnv, "build-env", nil, "a variable of every build: KEY=VALUE")
	flags.StringVar(&f.ready, "ready", "", "the address where GET /ready tells the kubelet whether the server is ready")
}

// given names a flag that was given, "" for none.
func (f kubeFlags) given() string {
	for name, value := range map[string]string{
		"--kubeconfig": f.kubeconfig, "--namespace": f.namespace, "--image": f.image, "--registry": f.registry,
		"--registry-address": f.registryAddress, "--registry-secret": f.registrySecret,
		"--agents": f.agents, "--storage-class": f.storageClass, "--ready": f.ready,
		"--base": strings.Join(f.bases, " "), "--build-env": strings.Join(f.buildEnv, " "),
	} {
		if value != "" {
			return name
		}
	}
	return ""
}

// kubeOptions are what the engine kube is told.
type kubeOptions struct {
	kube.Options
	kubeconfig     string // absolute, empty for the default
	registrySecret string // empty for a registry elsewhere
	ready          string // empty: nobody asks
}

// readKube checks the flags of the engine kube.
func (f serveFlags) readKube(dir string) (kubeOptions, error) {
	if f.engine != cluster.Kube {
		if name := f.kube.given(); name != "" {
			return kubeOptions{}, usage("%s is for --engine kube", name)
		}
		return kubeOptions{}, nil
	}
	return f.kube.read(dir)
}

func (f kubeFlags) read(dir string) (o kubeOptions, err error) {
	switch {
	case f.image == "":
		return o, usage("Gondor's own image is missing; say --image REF, where your nodes can pull it")
	case f.registry == "":
		return o, usage("the registry for the images of sites is missing; say --registry HOST")
	}
	o.kubeconfig, o.registrySecret, o.ready = f.kubeconfig, f.registrySecret, f.ready
	if o.kubeconfig != "" && !filepath.IsAbs(o.kubeconfig) {
		o.kubeconfig = filepath.Join(dir, o.kubeconfig)
	}
	o.Namespace, o.Image, o.StorageClass = f.namespace, f.image, f.storageClass
	if o.Namespace == "" {
		o.Namespace = "gondor"
	}
	if err := app.CheckName("--namespace", o.Namespace); err != nil {
		return o, err
	}
	o.Registry = kube.Registry{Host: f.registry, Address: f.registryAddress, Insecure: f.registrySecret != ""}
	if o.Bases, err = f.readBases(); err != nil {
		return o, err
	}
	o.Agents.Namespace = f.agents
	o.BuildEnv, err = f.readBuildEnv()
	return o, err
}

func (f kubeFlags) readBases() (map[string]kube.Base, error) {
	bases := map[string]kube.Base{}
	for _, text := range f.bases {
		runtime, base, err := kube.ParseBase(text)
		if err != nil {
			return nil, err
		}
		bases[runtime] = base
	}
	return bases, nil
}

func (f kubeFlags) readBuildEnv() (map[string]string, error) {
	env := map[string]string{}
	for _, pair := range f.buildEnv {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			return nil, usage("--build-env %q has no value; write KEY=VALUE", pair)
		}
		if err := app.CheckVariableKey("--build-env", key); err != nil {
			return nil, err
		}
		env[key] = value
	}
	return env, nil
}
