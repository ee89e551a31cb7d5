package manifest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	authorization "k8s.io/api/authorization/v1"
	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"gondor/app"
	"gondor/cluster/kube"
	"gondor/cluster/kube/access"
	"gondor/cluster/kube/manifest"
)

// home is where these tests install Gondor.
const home = "g-install"

func installation() manifest.Options {
	return manifest.Options{
		Domain: "install.example.com", Image: "gondor.invalid/none:1", Namespace: home,
		Registry: manifest.Registry{NodePort: 30517, Storage: "1Gi"},
		Agent:    manifest.Agent{Installed: true},
	}
}

func TestAnInstallation(t *testing.T) {
	w := newWorld(t)
	lacksRights(t, w)
	w.install(installation())
	w.until("the admission policies are in force", func() bool {
		err := w.makeNamespace(w.as(home, "gondor"), "elsewhere", nil)
		return refused(err, "ValidatingAdmissionPolicy")
	})
	t.Run("gives Gondor what it needs", func(t *testing.T) { w.needs(t) })
	t.Run("changes nothing when it is applied again", func(t *testing.T) { w.again(t) })
	t.Run("runs pods that pass the standard restricted", func(t *testing.T) { w.restricted(t) })
	w.instance(home+"-golden", home)
	t.Run("gives each account no rights but those of its golden file", func(t *testing.T) { w.rights(t) })
	t.Run("holds the control plane to its own namespaces", func(t *testing.T) { w.refusals(t) })
}

// lacksRights looks at a cluster that Gondor was not installed in.
func lacksRights(t *testing.T, w *world) {
	t.Helper()
	config := *w.config
	config.Impersonate.UserName = "system:serviceaccount:g-elsewhere:gondor"
	config.Impersonate.Groups = []string{"system:authenticated"}
	err := access.Preflight(t.Context(), &config, "g-elsewhere")
	if app.CodeOf(err) != app.CodeForbidden || !strings.Contains(err.Error(), "create namespaces") || !strings.Contains(err.Error(), "gondor install") {
		t.Errorf("before anything was applied Gondor is told: %v", err)
	}
}

func (w *world) needs(t *testing.T) {
	config := *w.config
	config.Impersonate.UserName = "system:serviceaccount:" + home + ":gondor"
	config.Impersonate.Groups = []string{"system:authenticated"}
	if err := access.Preflight(t.Context(), &config, home); err != nil {
		t.Error(err)
	}
	key, err := kube.RegistryKey(t.Context(), &config, home, "gondor-registry")
	if err != nil || len(key) < 32 {
		t.Errorf("the key of the registry: %d bytes, %v", len(key), err)
	}
	agents, err := kube.AgentKey(t.Context(), &config, home+"-agent", "gondor-agent")
	if err != nil || len(agents) < 32 || string(agents) == string(key) {
		t.Errorf("the key of the agents: %d bytes, %v", len(agents), err)
	}
}

func (w *world) again(t *testing.T) {
	before, err := w.client.CoreV1().Secrets(home).Get(t.Context(), "gondor-registry", meta1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, second := w.apply(installation()), w.apply(installation())
	for i, object := range first {
		if changed(object, second[i]) {
			t.Errorf("%s %s was changed", object.GetKind(), object.GetName())
		}
	}
	after, err := w.client.CoreV1().Secrets(home).Get(t.Context(), "gondor-registry", meta1.GetOptions{})
	if err != nil || after.ResourceVersion != before.ResourceVersion || string(after.Data["key"]) != string(before.Data["key"]) {
		t.Errorf("the key of the registry was touched: %v", err)
	}
}

// changed compares the generation, where a kind has one: the API server moves the time of
// our fields too when only the status was written meanwhile.
func changed(before, after *unstructured.Unstructured) bool {
	if before.GetGeneration() != 0 {
		return before.GetGeneration() != after.GetGeneration()
	}
	return !ours(before.GetManagedFields()).Equal(ours(after.GetManagedFields()))
}

// ours is when who applies last changed something.
func ours(fields []meta1.ManagedFieldsEntry) *meta1.Time {
	for _, entry := range fields {
		if entry.Manager == "kubectl" {
			return entry.Time
		}
	}
	return nil
}

// restricted creates the pods of all templates where only restricted ones may be.
func (w *world) restricted(t *testing.T) {
	templates := map[string]core.PodTemplateSpec{}
	for _, object := range w.objects(installation()) {
		var one apps.Deployment // all of them have their template in the same place
		if !slices.Contains([]string{"StatefulSet", "Deployment", "DaemonSet"}, object.GetKind()) {
			continue
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &one, false); err != nil {
			t.Fatal(err)
		}
		templates[object.GetName()] = one.Spec.Template
	}
	if len(templates) != 4 {
		t.Fatalf("there are %d of them", len(templates))
	}
	for name, template := range templates {
		pod := &core.Pod{ObjectMeta: meta1.ObjectMeta{Name: "dry-" + name, Labels: template.Labels}, Spec: template.Spec}
		if !slices.ContainsFunc(pod.Spec.Volumes, func(v core.Volume) bool { return v.Name == "data" }) {
			pod.Spec.Volumes = append(pod.Spec.Volumes, core.Volume{Name: "data"}) // the StatefulSet adds it
		}
		space := home
		if name == "agent" { // it alone has a directory of its node
			space += "-agent"
		}
		if _, err := w.client.CoreV1().Pods(space).Create(t.Context(), pod, dry()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func dry() meta1.CreateOptions { return meta1.CreateOptions{DryRun: []string{meta1.DryRunAll}} }

// own are the labels of an instance's namespace.
func own() map[string]string {
	return map[string]string{"gondor.io/installation": home, "pod-security.kubernetes.io/enforce": "restricted"}
}

// instance makes a namespace as the control plane does.
func (w *world) instance(name, installation string) {
	w.t.Helper()
	gondor := w.as(installation, "gondor")
	namespace := &core.Namespace{ObjectMeta: meta1.ObjectMeta{Name: name, Labels: own()}}
	if _, err := gondor.CoreV1().Namespaces().Create(w.t.Context(), namespace, meta1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := gondor.RbacV1().RoleBindings(name).Create(w.t.Context(), binding(home+"-instance", home, "gondor"), meta1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

func binding(role, namespace, account string) *rbac.RoleBinding {
	return &rbac.RoleBinding{
		ObjectMeta: meta1.ObjectMeta{Name: "gondor"},
		RoleRef:    rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbac.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: account}},
	}
}

// rights compares what "kubectl auth can-i --list" says with the golden files.
func (w *world) rights(t *testing.T) {
	for _, account := range []string{"gondor", "router", "registry"} {
		for _, where := range []string{home, home + "-golden", home + "-agent", "kube-system", "default"} {
			got, path := w.canDo(t, account, where), filepath.Join("testdata", "rights", account+"-in-"+where+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(path); err != nil || got != string(want) {
				t.Errorf("%s in %s may (%v):\n%s", account, where, err, got)
			}
		}
	}
}

func (w *world) canDo(t *testing.T, account, where string) string {
	t.Helper()
	review, err := w.as(home, account).AuthorizationV1().SelfSubjectRulesReviews().Create(t.Context(), &authorization.SelfSubjectRulesReview{
		Spec: authorization.SelfSubjectRulesReviewSpec{Namespace: where},
	}, meta1.CreateOptions{})
	if err != nil || review.Status.Incomplete {
		t.Fatalf("ask what %s may do in %s: %v, %s", account, where, err, review.Status.EvaluationError)
	}
	var lines []string
	for _, rule := range review.Status.ResourceRules {
		lines = append(lines, fmt.Sprintf("%v.%v %v: %v", rule.Resources, rule.APIGroups, rule.ResourceNames, rule.Verbs))
	}
	for _, rule := range review.Status.NonResourceRules {
		lines = append(lines, fmt.Sprintf("%v: %v", rule.NonResourceURLs, rule.Verbs))
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n") + "\n"
}

func (w *world) makeNamespace(client kubernetes.Interface, name string, labels map[string]string) error {
	namespace := &core.Namespace{ObjectMeta: meta1.ObjectMeta{Name: name, Labels: labels}}
	_, err := client.CoreV1().Namespaces().Create(w.t.Context(), namespace, dry())
	return err
}

func refused(err error, says string) bool {
	return (apierrors.IsForbidden(err) || apierrors.IsInvalid(err)) && strings.Contains(err.Error(), says)
}

// refusals tries what the control plane must not do. Everything is a dry run.
func (w *world) refusals(t *testing.T) {
	w.namespace(home+"-foreign", nil)
	gondor, golden := w.as(home, "gondor"), home+"-golden"
	create := func(name string, labels map[string]string) func() error {
		return func() error { return w.makeNamespace(gondor, name, labels) }
	}
	label := func(name, text string) func() error {
		return func() error {
			patch := []byte(`{"metadata":{"labels":` + text + `}}`)
			_, err := gondor.CoreV1().Namespaces().Patch(t.Context(), name, types.MergePatchType, patch, meta1.PatchOptions{DryRun: []string{meta1.DryRunAll}})
			return err
		}
	}
	remove := func(name string) func() error {
		return func() error {
			return gondor.CoreV1().Namespaces().Delete(t.Context(), name, meta1.DeleteOptions{DryRun: []string{meta1.DryRunAll}})
		}
	}
	bind := func(where string, binding *rbac.RoleBinding) func() error {
		return func() error {
			binding.Name = "dry"
			_, err := gondor.RbacV1().RoleBindings(where).Create(t.Context(), binding, dry())
			return err
		}
	}
	itself := func() *rbac.RoleBinding { return binding(home+"-instance", home, "gondor") }
	for name, c := range map[string]struct {
		try  func() error
		says string // "" when it may
	}{
		"it makes namespaces of its own":                  {create(home+"-new", own()), ""},
		"but none of another name":                        {create("elsewhere", own()), `names begin with "g-install-"`},
		"nor one without its label":                       {create(home+"-new", map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}), "labelled gondor.io/installation=g-install"},
		"nor one for privileged pods":                     {create(home+"-new", map[string]string{"gondor.io/installation": home}), `Pod Security Standard "restricted"`},
		"it changes its namespaces":                       {label(golden, `{"a":"b"}`), ""},
		"but does not lower their standard":               {label(golden, `{"pod-security.kubernetes.io/enforce":"privileged"}`), `Pod Security Standard "restricted"`},
		"nor lets go of them":                             {label(golden, `{"gondor.io/installation":null}`), "labelled gondor.io/installation=g-install"},
		"nor takes one over":                              {label(home+"-foreign", `{"gondor.io/installation":"g-install","pod-security.kubernetes.io/enforce":"restricted"}`), "labelled gondor.io/installation=g-install"},
		"nor touches the one that it lives in":            {label(home, `{"a":"b"}`), `names begin with "g-install-"`},
		"nor those of the system":                         {label("kube-system", `{"a":"b"}`), `names begin with "g-install-"`},
		"it removes its namespaces":                       {remove(golden), ""},
		"but none that is only named as if it were its":   {remove(home + "-foreign"), "labelled gondor.io/installation=g-install"},
		"nor the one that it lives in itself":             {remove(home), `names begin with "g-install-"`},
		"it gives itself rights in its namespaces":        {bind(golden, itself()), ""},
		"but not where it lives":                          {bind(home, itself()), "in namespaces of its own"},
		"nor in the system's":                             {bind("kube-system", itself()), "in namespaces of its own"},
		"nor in one that is only named as if it were its": {bind(home+"-foreign", itself()), "in namespaces of its own"},
		"nor another role":                                {bind(golden, binding(home+"-router", home, "gondor")), "may only bind the ClusterRole g-install-instance"},
		"nor all rights":                                  {bind(golden, binding("cluster-admin", home, "gondor")), "is attempting to grant RBAC permissions not currently held"},
		"nor rights to somebody else":                     {bind(golden, binding(home+"-instance", "default", "default")), "nobody but itself"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.try(); c.says == "" && err != nil || c.says != "" && !refused(err, c.says) {
				t.Errorf("got %v; want it to say %q", err, c.says)
			}
		})
	}
}
