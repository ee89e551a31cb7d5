package manifest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/template"

	"k8s.io/apimachinery/pkg/api/resource"
)

//go:embed templates
var templates embed.FS

// parts are the templates in the order in which they are applied: whom rights are for,
// the rights, the rules that hold them, then what runs.
var parts = [...]string{
	"namespace.yaml", "rights.yaml", "admission.yaml", "network.yaml",
	"agent.yaml", "controlplane.yaml", "registry.yaml", "router.yaml",
}

// Write writes the manifests as a stream of YAML documents, in an order in which they can
// be applied. The same options give the same bytes, and applying them again changes
// nothing: no key and no password stands in them. app.Errors when the options are wrong.
func Write(w io.Writer, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.withDefaults()
	if err := o.settleBudget(); err != nil {
		return err
	}
	set, err := template.New("").Funcs(functions()).ParseFS(templates, "templates/*.yaml")
	if err != nil {
		return fmt.Errorf("read the templates of the manifests: %w", err)
	}
	for _, part := range parts {
		if part == "registry.yaml" && !o.OwnRegistry() || part == "agent.yaml" && !o.Agent.Installed {
			continue
		}
		if err := writePart(w, set.Lookup(part), o); err != nil {
			return fmt.Errorf("write %s: %w", part, err)
		}
	}
	return nil
}

func writePart(w io.Writer, part *template.Template, o Options) error {
	var text bytes.Buffer
	text.WriteString("---\n")
	if err := part.Execute(&text, o); err != nil {
		return err
	}
	_, err := w.Write(text.Bytes())
	return err
}

// settleBudget makes the budget of the registry a number of bytes: nine tenths of its
// volume unless it was named.
func (o *Options) settleBudget() error {
	text, share := o.Registry.Budget, int64(10)
	if text == "" {
		text, share = o.Registry.Storage, 9
	}
	quantity, err := resource.ParseQuantity(text)
	if err != nil {
		return fmt.Errorf("read the budget of the registry: %w", err)
	}
	o.Registry.Budget = fmt.Sprint(quantity.Value() / 10 * share)
	return nil
}

// functions are what the templates may call.
func functions() template.FuncMap {
	return template.FuncMap{"quote": quote, "list": list, "labels": labels}
}

// quote writes a string as JSON, which is YAML too.
func quote(text string) (string, error) {
	encoded, err := json.Marshal(text)
	return string(encoded), err
}

// list writes a list of arguments, one a line, as the value of the field args of a
// container.
func list(all []string) (string, error) {
	var text strings.Builder
	for _, one := range all {
		quoted, err := quote(one)
		if err != nil {
			return "", err
		}
		text.WriteString("\n        - " + quoted)
	}
	return text.String(), nil
}

// labels writes the labels of the objects of one program; pods are selected by them.
func labels(name string) string {
	return "{app.kubernetes.io/name: " + name + ", app.kubernetes.io/part-of: gondor}"
}

// DashboardRoute is the annotation "router" of the control plane's Service.
func (o Options) DashboardRoute() (string, error) {
	type config struct {
		Notice string `json:"notice"`
	}
	route := struct {
		Config config   `json:"config"`
		Hosts  []string `json:"hosts"`
	}{config{"the control plane is starting"}, []string{o.Domain}}
	encoded, err := json.Marshal(route)
	return string(encoded), err
}
