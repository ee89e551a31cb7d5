package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gondor/cli/systemd"
	"gondor/cluster/kube/manifest"
)

func (p *Program) installCommand() *cobra.Command {
	var o manifest.Options
	var machine systemdFlags
	c := &cobra.Command{
		Use: "install --domain DOMAIN {--systemd | --image REF}", Short: "Install a server: on this machine, or on a Kubernetes cluster", Args: takes(),
		Long: "On a machine, as root: check it, copy this program to " + systemd.Binary + ", write the unit\n" +
			systemd.UnitPath + " and say what to do next. Doing it again with another version\n" +
			"is the upgrade; flags that are not given stay as they were:\n\n" +
			"    gondor install --systemd --domain DOMAIN\n\n" +
			"For a Kubernetes cluster: print the manifests of a server, which are its namespace, its rights, the\n" +
			"control plane, the registry and the routers. Applying them again changes nothing:\n\n" +
			"    gondor install --domain DOMAIN --image REF | kubectl apply -f -\n\n" +
			"There the first start makes the user admin, with the password of the Secret gondor-admin (key:\n" +
			"password) or a random one that is printed once to the control plane's log.",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkInstallFlags(c.LocalNonPersistentFlags(), machine.on); err != nil {
				return err
			}
			if machine.on {
				s := systemd.Server{Domain: o.Domain, PublicURL: o.PublicURL, Trusted: o.TrustedProxies}
				return p.installSystemd(c.Context(), machine, s, c.Flags())
			}
			return manifest.Write(p.io.Stdout, o)
		},
	}
	installFlags(c.Flags(), &o)
	machine.bind(c.Flags())
	return c
}

func installFlags(flags *pflag.FlagSet, o *manifest.Options) {
	flags.StringVar(&o.Domain, "domain", "", "the host name of the dashboard; sites get names below it")
	flags.StringVar(&o.Image, "image", "", "Gondor's own image, where nodes can pull it")
	flags.StringVar(&o.Namespace, "namespace", "gondor", "where Gondor lives; instances get namespaces NAMESPACE-INSTANCE")
	flags.StringVar(&o.PublicURL, "public-url", "", "where people reach DOMAIN (default: http://DOMAIN with the port of the routers)")
	flags.StringSliceVar(&o.TrustedProxies, "trusted-proxies", nil, "networks whose forwarding headers the routers believe: CIDR,…")
	flags.StringArrayVar(&o.Bases, "base", nil, "images that sites are built and run in: RUNTIME=BUILD[,RUN], for each runtime")
	flags.StringArrayVar(&o.BuildEnv, "build-env", nil, "a variable of every build: KEY=VALUE")
	flags.StringVar(&o.StorageClass, "storage-class", "", "of all volumes (default: the cluster's)")
	flags.StringVar(&o.Storage, "storage", "10Gi", "the size of the control plane's volume")
	installedRegistryFlags(flags, &o.Registry)
	installedRouterFlags(flags, &o.Router)
	flags.BoolVar(&o.Agent.Installed, "agent", false, "an agent on every node, which keeps what processes wrote while the control plane is down")
	flags.StringVar(&o.Agent.Budget, "agent-budget", "1Gi", "what an agent may keep that its node has removed")
}

func installedRegistryFlags(flags *pflag.FlagSet, r *manifest.Registry) {
	flags.StringVar(&r.Host, "registry", "", "a registry elsewhere, with its login in the Secret gondor-registry-login (default: one is installed)")
	flags.IntVar(&r.NodePort, "registry-node-port", 30500, "the port by which nodes reach the registry as localhost")
	flags.StringVar(&r.Storage, "registry-storage", "20Gi", "the size of the registry's volume")
	flags.StringVar(&r.Budget, "registry-budget", "", "what images may use of it (default: nine tenths)")
}

func installedRouterFlags(flags *pflag.FlagSet, r *manifest.Router) {
	flags.StringVar(&r.Kind, "router", manifest.DaemonSet, "daemonset: a router on every node; deployment: as many as you say")
	flags.IntVar(&r.HostPort, "router-host-port", 80, "the port of its node that a router of the daemonset takes, 0 for none")
	flags.IntVar(&r.Replicas, "router-replicas", 2, "how many routers the deployment has")
	flags.IntVar(&r.NodePort, "router-node-port", 0, "the port of every node that the Service of the routers has (default: none; a load balancer for a deployment)")
}
