package manifest

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"gondor/app"
)

// mostNamespace leaves room for the IDs of instances behind the name of the namespace.
const mostNamespace = 30

// Check returns app.Errors with all that is wrong with the options, by the flags of
// install; nil when nothing is.
func (o Options) Check() error {
	o = o.withDefaults()
	var faults app.Errors
	for _, err := range []error{
		app.CheckDomain("--domain", o.Domain), checkImage(o.Image), checkNamespace(o.Namespace), checkURL(o.PublicURL),
		checkQuantity("--storage", o.Storage), o.Registry.check(), o.Router.check(), checkQuantity("--agent-budget", o.Agent.Budget),
		checkPairs("--base", "python=registry.example.com/python:3.13", o.Bases),
		checkPairs("--build-env", "PIP_INDEX_URL=https://pypi.example.com/simple", o.BuildEnv),
		checkNetworks(o.TrustedProxies),
	} {
		faults = collect(faults, err)
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// collect adds the faults of err, which carries no others.
func collect(faults app.Errors, err error) app.Errors {
	var one *app.Error
	var many app.Errors
	switch {
	case errors.As(err, &many):
		return append(faults, many...)
	case errors.As(err, &one):
		return append(faults, one)
	}
	return faults
}

func checkImage(image string) error {
	switch {
	case image == "":
		return app.Invalid("--image", "is missing; name Gondor's own image, where your nodes can pull it")
	case strings.ContainsAny(image, " \t\n\"'"):
		return app.Invalid("--image", "%q is not an image; name one such as %q", image, "registry.example.com/gondor:1")
	}
	return nil
}

func checkNamespace(namespace string) error {
	if len(namespace) > mostNamespace {
		return app.Invalid("--namespace", "is %d characters long; at most %d leave room for the instances' names behind it", len(namespace), mostNamespace)
	}
	return app.CheckName("--namespace", namespace)
}

func checkURL(at string) error {
	if !strings.HasPrefix(at, "http://") && !strings.HasPrefix(at, "https://") {
		return app.Invalid("--public-url", "%q is not a URL of a scheme and a host, such as https://apps.example.com", at)
	}
	return nil
}

func checkQuantity(flag, text string) error {
	quantity, err := resource.ParseQuantity(text)
	if err != nil || quantity.Sign() <= 0 {
		return app.Invalid(flag, "%q is not a size; write one such as 20Gi", text)
	}
	return nil
}

func (r Registry) check() error {
	switch {
	case strings.ContainsAny(r.Host, " \t\n\"'"):
		return app.Invalid("--registry", "%q is not a registry; name one such as %q", r.Host, "registry.example.com")
	case r.Host != "":
		return nil
	case r.NodePort < 1 || r.NodePort > 65535:
		return app.Invalid("--registry-node-port", "%d is not a port", r.NodePort)
	}
	if err := checkQuantity("--registry-storage", r.Storage); err != nil || r.Budget == "" {
		return err
	}
	return checkQuantity("--registry-budget", r.Budget)
}

func (r Router) check() error {
	switch {
	case r.Kind != DaemonSet && r.Kind != Deployment:
		return app.Invalid("--router", "%q is not a kind of router; use %q or %q", r.Kind, DaemonSet, Deployment)
	case r.HostPort < 0 || r.HostPort > 65535:
		return app.Invalid("--router-host-port", "%d is not a port; use 80, or 0 for none", r.HostPort)
	case r.NodePort < 0 || r.NodePort > 65535:
		return app.Invalid("--router-node-port", "%d is not a port; use one that the cluster gives to Services, such as 30080", r.NodePort)
	case r.Replicas < 1:
		return app.Invalid("--router-replicas", "%s are not enough; at least one has to serve", strconv.Itoa(r.Replicas))
	}
	return nil
}

func checkPairs(flag, example string, pairs []string) error {
	for _, pair := range pairs {
		if key, value, ok := strings.Cut(pair, "="); !ok || key == "" || value == "" {
			return app.Invalid(flag, "%q has to be written as %s", pair, example)
		}
	}
	return nil
}

func checkNetworks(networks []string) error {
	for _, network := range networks {
		_, err := netip.ParsePrefix(network)
		if _, failed := netip.ParseAddr(network); err != nil && failed != nil {
			return app.Invalid("--trusted-proxies", "%q is not a network; write one such as 10.0.0.0/8", network)
		}
	}
	return nil
}
