package kube

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/app"
)

// LeastVersion is the oldest Kubernetes that this engine runs on: all that it asks for is
// stable there, the policies of admission that narrow Gondor's own rights last of all.
const LeastVersion = "v1.30.0"

// reachPatience is how long the API server may take to say which version it has.
const reachPatience = 15 * time.Second

// Preflight makes sure that the cluster can be reached, is new enough and gives Gondor,
// which lives in that namespace, the rights that it needs. The error of CodeUnavailable
// says what is wrong and what would be right.
func Preflight(ctx context.Context, config *rest.Config, namespace string) error {
	client, err := kubernetes.NewForConfig(ownConfig(config))
	if err != nil {
		return app.Fault(app.CodeUnavailable, "the kubeconfig can't be used: %v", err)
	}
	if err := reach(ctx, client, config.Host); err != nil {
		return err
	}
	return checkRights(ctx, client, rights(namespace))
}

// reach asks the API server for its version and makes sure that it is new enough.
func reach(ctx context.Context, client kubernetes.Interface, host string) error {
	limited, cancel := context.WithTimeout(ctx, reachPatience)
	defer cancel()
	body, err := client.Discovery().RESTClient().Get().AbsPath("/version").Do(limited).Raw()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return unreachable(host, err)
	}
	var found version.Info
	if err := json.Unmarshal(body, &found); err != nil {
		return app.Fault(app.CodeUnavailable, "what answers at %s is no Kubernetes API server; check the server's address in the kubeconfig", host)
	}
	return checkVersion(found.GitVersion)
}

// checkVersion refuses what is older than LeastVersion.
func checkVersion(found string) error {
	parsed, err := utilversion.ParseGeneric(found)
	if err != nil {
		return app.Fault(app.CodeUnavailable, "the cluster says that its version is %q, which is none; Gondor needs Kubernetes %s or newer", found, LeastVersion)
	}
	if parsed.LessThan(utilversion.MustParseGeneric(LeastVersion)) {
		return app.Fault(app.CodeUnavailable, "the cluster runs Kubernetes %s, which is too old; Gondor needs %s or newer", found, LeastVersion)
	}
	return nil
}

// unreachable says why the API server could not be asked.
func unreachable(host string, err error) error {
	switch {
	case apierrors.IsUnauthorized(err):
		return app.Fault(app.CodeUnavailable, "the API server at %s does not know who Gondor is; check the user in the kubeconfig", host)
	case apierrors.IsForbidden(err):
		return app.Fault(app.CodeUnavailable, "the API server at %s does not let Gondor ask for its version; check the user in the kubeconfig", host)
	case errors.Is(err, context.DeadlineExceeded):
		return app.Fault(app.CodeUnavailable, "the API server at %s did not answer within %s; check the server's address in the kubeconfig", host, reachPatience)
	default:
		return app.Fault(app.CodeUnavailable, "the API server at %s can't be reached: %v; check the server's address in the kubeconfig", host, rootOf(err))
	}
}

// rootOf is what is at the bottom of an error: "connection refused".
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
