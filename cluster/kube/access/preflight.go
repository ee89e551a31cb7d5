package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	authorization "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/app"
)

// LeastVersion is the oldest Kubernetes that Gondor runs on: the first whose admission
// policies can hold Gondor to namespaces of its own.
const LeastVersion = "1.30"

// patience is how long the API server may take for one answer.
const patience = 10 * time.Second

// Preflight asks the API server whether Gondor, living in the namespace, can drive the
// cluster. It changes nothing. CodeUnavailable when nobody answers, CodeUnauthenticated
// when the server does not know who asks, CodeInvalid when it is too old, CodeForbidden
// with a list of what is missing when rights are.
func Preflight(ctx context.Context, config *rest.Config, namespace string) error {
	config = rest.CopyConfig(config)
	config.Timeout = patience
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return app.Invalid("--kubeconfig", "it can't be used: %v", err)
	}
	if err := checkVersion(client, config.Host); err != nil {
		return err
	}
	return checkRights(ctx, client, namespace)
}

func checkVersion(client kubernetes.Interface, host string) error {
	answer, err := client.Discovery().ServerVersion()
	if err != nil {
		return explain(err, host)
	}
	got, err := version.ParseGeneric(answer.GitVersion)
	least := version.MustParseGeneric(LeastVersion)
	switch {
	case err != nil:
		return app.Invalid("", "what answers at %s is no API server of Kubernetes; name that of your cluster", host)
	case got.LessThan(least):
		return app.Invalid("", "the cluster at %s runs Kubernetes %s, which is too old; Gondor needs %s or newer", host, got, LeastVersion)
	}
	return nil
}

// explain makes a sentence of why the first question was not answered.
func explain(err error, host string) error {
	var transport *url.Error
	var status apierrors.APIStatus
	switch {
	case apierrors.IsUnauthorized(err):
		return app.Fault(app.CodeUnauthenticated, "the API server at %s does not know who asks; the kubeconfig has credentials that are wrong or expired", host)
	case apierrors.IsForbidden(err):
		return app.Fault(app.CodeForbidden, "the API server at %s does not tell its version to Gondor's account: %v", host, err)
	case errors.As(err, &transport):
		return app.Fault(app.CodeUnavailable, "the API server at %s can't be reached: %v", host, transport.Err)
	case errors.As(err, &status) && status.Status().Code >= http.StatusInternalServerError:
		return app.Fault(app.CodeUnavailable, "the API server at %s is not ready: %v", host, err)
	}
	return app.Invalid("", "what answers at %s is no API server of Kubernetes; name that of your cluster", host)
}

// right is one thing that Gondor has to be allowed to do.
type right struct {
	verb, group, resource, name string
	namespace                   string // empty for the whole cluster
}

// needed are the rights that show whether the manifests of the installation were applied.
func needed(namespace string) []right {
	return []right{
		{verb: "list", resource: "pods"},
		{verb: "watch", group: "apps", resource: "deployments"},
		{verb: "list", resource: "services"},
		{verb: "watch", group: "discovery.k8s.io", resource: "endpointslices"},
		{verb: "create", resource: "namespaces"},
		{verb: "delete", resource: "namespaces"},
		{verb: "patch", group: "rbac.authorization.k8s.io", resource: "rolebindings"},
		{verb: "bind", group: "rbac.authorization.k8s.io", resource: "clusterroles", name: namespace + "-instance"},
		{verb: "update", group: "coordination.k8s.io", resource: "leases", name: namespace, namespace: namespace},
	}
}

func checkRights(ctx context.Context, client kubernetes.Interface, namespace string) error {
	var missing []string
	for _, one := range needed(namespace) {
		allowed, err := one.allowed(ctx, client)
		if err != nil {
			return fmt.Errorf("ask what Gondor may do in the cluster: %w", err)
		}
		if !allowed {
			missing = append(missing, one.String())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return app.Fault(app.CodeForbidden, "Gondor's account lacks rights in the cluster: %s. Apply what gondor install prints for the namespace %s.",
		strings.Join(missing, ", "), namespace)
}

func (r right) allowed(ctx context.Context, client kubernetes.Interface) (bool, error) {
	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorization.SelfSubjectAccessReview{
		Spec: authorization.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorization.ResourceAttributes{
			Verb: r.verb, Group: r.group, Resource: r.resource, Name: r.name, Namespace: r.namespace,
		}},
	}, meta.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// String returns the right as people say it.
func (r right) String() string {
	text := r.verb + " " + r.resource
	if r.name != "" {
		text += " " + r.name
	}
	if r.namespace != "" {
		text += " in " + r.namespace
	}
	return text
}
