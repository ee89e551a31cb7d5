package manifest_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"gondor/app"
	"gondor/cluster/kube/manifest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// installations are the options that have golden files.
func installations() map[string]manifest.Options {
	small := manifest.Options{
		Domain: "apps.example.com", Image: "registry.example.com/gondor:1",
		Router: manifest.Router{HostPort: 80},
	}
	large := manifest.Options{
		Domain: "apps.example.com", Image: "registry.example.com/gondor:1", Namespace: "platform",
		PublicURL: "https://apps.example.com", TrustedProxies: []string{"192.0.2.0/24"},
		Bases:    []string{"python=registry.example.com/python:3.13,registry.example.com/python:3.13-slim"},
		BuildEnv: []string{"PIP_INDEX_URL=https://pypi.example.com/simple?a=1&b=2"}, StorageClass: "fast", Storage: "50Gi",
		Registry: manifest.Registry{Host: "registry.example.com"},
		Router:   manifest.Router{Kind: manifest.Deployment, Replicas: 3},
	}
	ports := small
	ports.Registry = manifest.Registry{NodePort: 30600, Storage: "1Gi", Budget: "500Mi"}
	ports.Router = manifest.Router{Kind: manifest.Deployment, NodePort: 30080}
	agents := small
	agents.Agent = manifest.Agent{Installed: true, Budget: "2Gi"}
	return map[string]manifest.Options{"agents": agents, "node-ports-80": small, "another-registry": large, "node-port-30080": ports}
}

func render(t *testing.T, o manifest.Options) []byte {
	t.Helper()
	var text bytes.Buffer
	if err := manifest.Write(&text, o); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func TestTheManifestsAreTheGoldenOnes(t *testing.T) {
	for name, o := range installations() {
		t.Run(name, func(t *testing.T) {
			got, path := render(t, o), filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("they differ from %s (%v); if they should, run the test with -update", path, err)
			}
		})
	}
}

func TestEveryManifestIsWhatKubernetesReads(t *testing.T) {
	for name, o := range installations() {
		t.Run(name, func(t *testing.T) {
			for _, document := range documents(render(t, o)) {
				if err := decode(document); err != nil {
					t.Errorf("%v:\n%s", err, document)
				}
			}
		})
	}
}

func documents(stream []byte) []string {
	return strings.Split(strings.TrimPrefix(string(stream), "---\n"), "\n---\n")
}

// decode refuses a field that the type of the document does not have.
func decode(document string) error {
	var kind runtime.TypeMeta
	if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
		return err
	}
	object, err := scheme.Scheme.New(kind.GroupVersionKind())
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict([]byte(document), object)
}

func TestNoSecretHasAValue(t *testing.T) {
	for name, o := range installations() {
		t.Run(name, func(t *testing.T) {
			for _, document := range documents(render(t, o)) {
				var secret core.Secret
				if err := yaml.Unmarshal([]byte(document), &secret); err != nil || secret.Kind != "Secret" {
					continue // another test tells of what can't be read
				}
				if len(secret.Data)+len(secret.StringData) > 0 {
					t.Errorf("applying it again would change a key:\n%s", document)
				}
			}
		})
	}
}

func TestFaultsOfOptions(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*manifest.Options)
		field  string
	}{
		"no domain":                        {func(o *manifest.Options) { o.Domain = "" }, "--domain"},
		"a domain that is a URL":           {func(o *manifest.Options) { o.Domain = "http://example.com" }, "--domain"},
		"a domain that is a wildcard":      {func(o *manifest.Options) { o.Domain = "*.example.com" }, "--domain"},
		"no image":                         {func(o *manifest.Options) { o.Image = "" }, "--image"},
		"a namespace that is no DNS label": {func(o *manifest.Options) { o.Namespace = "Gondor_1" }, "--namespace"},
		"a namespace that leaves no room":  {func(o *manifest.Options) { o.Namespace = strings.Repeat("g", 31) }, "--namespace"},
		"a public URL without a scheme":    {func(o *manifest.Options) { o.PublicURL = "example.com" }, "--public-url"},
		"a base of no image":               {func(o *manifest.Options) { o.Bases = []string{"python"} }, "--base"},
		"a variable of no value":           {func(o *manifest.Options) { o.BuildEnv = []string{"GOPROXY"} }, "--build-env"},
		"a proxy of no network":            {func(o *manifest.Options) { o.TrustedProxies = []string{"10.0.0.0/99"} }, "--trusted-proxies"},
		"a volume of no size":              {func(o *manifest.Options) { o.Storage = "much" }, "--storage"},
		"a port beyond all":                {func(o *manifest.Options) { o.Registry.NodePort = 70000 }, "--registry-node-port"},
		"a budget of nothing":              {func(o *manifest.Options) { o.Registry.Budget = "0" }, "--registry-budget"},
		"a router of another kind":         {func(o *manifest.Options) { o.Router.Kind = "statefulset" }, "--router"},
		"a host port beyond all":           {func(o *manifest.Options) { o.Router.HostPort = 70000 }, "--router-host-port"},
		"agents that may keep nothing":     {func(o *manifest.Options) { o.Agent.Budget = "0" }, "--agent-budget"},
		"no replicas":                      {func(o *manifest.Options) { o.Router.Replicas = -1 }, "--router-replicas"},
	} {
		t.Run(name, func(t *testing.T) {
			o := manifest.Options{Domain: "apps.example.com", Image: "gondor:1"}
			c.change(&o)
			var text bytes.Buffer
			err := manifest.Write(&text, o)
			if app.CodeOf(err) != app.CodeInvalid || !strings.HasPrefix(err.Error(), c.field+":") || text.Len() > 0 {
				t.Errorf("got %v and %d bytes; want nothing but a fault of %s", err, text.Len(), c.field)
			}
		})
	}
}
