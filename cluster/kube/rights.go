package kube

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gondor/app"
)

// right is something that Gondor has to be allowed in the whole cluster.
type right struct{ verb, group, resource, name string }

// String says it for people: "list pods", "create rolebindings.rbac.authorization.k8s.io".
func (r right) String() string {
	text := r.verb + " " + r.resource
	if r.group != "" {
		text += "." + r.group
	}
	return strings.TrimSpace(text + " " + r.name)
}

// rights are what the engine can't do without. What it needs in the namespaces of
// instances it gives itself, by binding the role that the manifests define.
func rights(namespace string) []right {
	const rbac = "rbac.authorization.k8s.io"
	all := []right{
		{"create", "", "namespaces", ""},
		{"patch", "", "namespaces", ""},
		{"delete", "", "namespaces", ""},
		{"create", rbac, "rolebindings", ""},
		{"patch", rbac, "rolebindings", ""},
		{"bind", rbac, "clusterroles", instanceRole(namespace)},
	}
	for _, seen := range []right{
		{group: "", resource: "pods"},
		{group: "", resource: "services"},
		{group: "", resource: "namespaces"},
		{group: "apps", resource: "deployments"},
		{group: "discovery.k8s.io", resource: "endpointslices"},
	} {
		all = append(all, right{"list", seen.group, seen.resource, ""}, right{"watch", seen.group, seen.resource, ""})
	}
	return all
}

// instanceRole is the ClusterRole of what Gondor may do in the namespace of an instance.
func instanceRole(namespace string) string { return namespace + "-instance" }

// checkRights makes sure that nothing will fail halfway for want of a right.
func checkRights(ctx context.Context, client kubernetes.Interface, rights []right) error {
	allowed := make([]bool, len(rights))
	group, ctx := errgroup.WithContext(ctx)
	for i, r := range rights {
		group.Go(func() (err error) {
			allowed[i], err = may(ctx, client, r)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("ask what Gondor may do: %w", err)
	}
	var missing []string
	for i, r := range rights {
		if !allowed[i] {
			missing = append(missing, r.String())
		}
	}
	return lacking(missing)
}

// lacking says which rights are missing; nil when none is.
func lacking(rights []string) error {
	if len(rights) == 0 {
		return nil
	}
	return app.Fault(app.CodeUnavailable,
		`Gondor lacks rights in this cluster: %s; apply what "gondor install" prints, as an administrator of the cluster`, strings.Join(rights, ", "))
}

func may(ctx context.Context, client kubernetes.Interface, r right) (bool, error) {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: r.verb, Group: r.group, Resource: r.resource, Name: r.name},
	}}
	answer, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return answer.Status.Allowed, nil
}
