package kube

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	authorization "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// neighbours are two sites that want to know of each other what they must not.
func neighbours(t *testing.T) (one, other place) {
	t.Helper()
	one, other = example(t, "static", "one"), example(t, "static", "other")
	one.run("deploy")
	other.run("deploy")
	t.Cleanup(func() {
		one.run("sites", "delete", "--yes")
		other.run("sites", "delete", "--yes")
	})
	return one, other
}

func TestInstancesKeepToThemselves(t *testing.T) {
	one, other := neighbours(t)
	t.Run("no pod of a site has an account of Kubernetes'", func(t *testing.T) { hasNoAccount(t, one.pods("web")[0]) })
	t.Run("the account of an instance reads no secrets, not even its own", func(t *testing.T) { readsNothing(t, one, other) })
	t.Run("the registry gives an instance its own images and no others", func(t *testing.T) { pullsItsOwn(t, one, other) })
	t.Run("the walls let in the instance itself, routers and the control plane", func(t *testing.T) { isWalled(t, one, other) })
}

// space is the namespace of the instance.
func (p place) space() string {
	p.t.Helper()
	return p.pods("web")[0].Namespace
}

func hasNoAccount(t *testing.T, pod corev1.Pod) {
	if mounts := pod.Spec.AutomountServiceAccountToken; mounts == nil || *mounts {
		t.Error("the token of the namespace's account is mounted")
	}
	for _, v := range pod.Spec.Volumes {
		if v.Projected != nil || v.Secret != nil && v.Name != "environment" {
			t.Errorf("the volume %s holds what it should not", v.Name)
		}
	}
}

func readsNothing(t *testing.T, one, other place) {
	account := "system:serviceaccount:" + one.space() + ":default"
	for _, space := range []string{one.space(), other.space(), one.gondor.Namespace, "kube-system", ""} {
		for _, verb := range []string{"get", "list", "watch"} {
			review, err := one.gondor.World.Client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorization.SubjectAccessReview{
				Spec: authorization.SubjectAccessReviewSpec{
					User: account, Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + one.space(), "system:authenticated"},
					ResourceAttributes: &authorization.ResourceAttributes{Namespace: space, Verb: verb, Resource: "secrets"},
				},
			}, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if review.Status.Allowed {
				t.Errorf("it may %s the secrets of %q: %s", verb, space, review.Status.Reason)
			}
		}
	}
}

func pullsItsOwn(t *testing.T, one, other place) {
	user, password := pullLogin(t, one)
	for _, c := range []struct {
		of   place
		want int
	}{{one, http.StatusOK}, {other, http.StatusUnauthorized}} {
		if got := pull(t, c.of, user, password); got != c.want {
			t.Errorf("the image of %s: the registry answers %d; want %d", c.of.dir, got, c.want)
		}
	}
	if got := pull(t, one, "", ""); got != http.StatusUnauthorized {
		t.Errorf("without a password: the registry answers %d; want %d", got, http.StatusUnauthorized)
	}
}

// pullLogin is what the nodes log in with for a site.
func pullLogin(t *testing.T, p place) (user, password string) {
	t.Helper()
	name := p.pods("web")[0].Spec.ImagePullSecrets[0].Name
	secret, err := p.gondor.World.Client.CoreV1().Secrets(p.space()).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var login struct {
		Auths map[string]struct{ Username, Password string }
	}
	if err := json.Unmarshal(secret.Data[corev1.DockerConfigJsonKey], &login); err != nil {
		t.Fatal(err)
	}
	for _, one := range login.Auths {
		return one.Username, one.Password
	}
	t.Fatal("the Secret holds no login")
	return "", ""
}

// pull asks Gondor's registry for the manifest of a site's image.
func pull(t *testing.T, p place, user, password string) int {
	t.Helper()
	image := p.pods("web")[0].Spec.Containers[0].Image // HOST/REPOSITORY@DIGEST
	_, image, _ = strings.Cut(image, "/")
	repository, digest, _ := strings.Cut(image, "@")
	address := "gondor-registry." + p.gondor.Namespace + ".svc:5000"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v2/"+repository+"/manifests/"+digest, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json")
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	client := http.Client{Transport: &http.Transport{DialContext: p.gondor.World.Dial}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // it was not read
	return answer.StatusCode
}

func isWalled(t *testing.T, one, other place) {
	web := one.pods("web")[0]
	for _, c := range []struct {
		from corev1.Pod
		want bool
	}{
		{web, true},
		{other.pods("web")[0], false},
		{parts(t, one.gondor, "router")[0], true},
		{controlPlaneOf(t, one.gondor), true},
		{parts(t, one.gondor, "registry")[0], false},
	} {
		if got := letsIn(t, one, web, c.from); got != c.want {
			t.Errorf("the NetworkPolicies let in %s/%s: %t; want %t", c.from.Namespace, c.from.Name, got, c.want)
		}
	}
}

// letsIn reads the NetworkPolicies of a pod's namespace as Kubernetes does: a pod that one
// selects is reached only by whom one of those names.
func letsIn(t *testing.T, p place, to, from corev1.Pod) bool {
	t.Helper()
	client := p.gondor.World.Client
	policies, err := client.NetworkingV1().NetworkPolicies(to.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	home, err := client.CoreV1().Namespaces().Get(t.Context(), from.Namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	selected := false
	for _, policy := range policies.Items {
		if !selects(t, &policy.Spec.PodSelector, to.Labels) {
			continue
		}
		selected = true
		for _, rule := range policy.Spec.Ingress {
			for _, peer := range rule.From {
				near := peer.NamespaceSelector == nil && from.Namespace == to.Namespace
				far := peer.NamespaceSelector != nil && selects(t, peer.NamespaceSelector, home.Labels)
				if (near || far) && (peer.PodSelector == nil || selects(t, peer.PodSelector, from.Labels)) {
					return true
				}
			}
		}
	}
	return !selected
}

func selects(t *testing.T, s *metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(of))
}
