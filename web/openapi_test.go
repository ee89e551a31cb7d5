package web

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestTheDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	w := newWorld(t, t.TempDir())
	var d struct {
		OpenAPI    string
		Paths      map[string]map[string]struct{ Summary string }
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	must(t, json.Unmarshal([]byte(w.ask("GET", "/v2/openapi.json", "", nil).body), &d))
	s := &server{Options: Options{URL: w.url()}}
	served := map[string]bool{}
	for _, r := range s.echo().Routes() {
		served[r.Method+" "+openapiPath(r.Path)] = true
	}
	for path, methods := range d.Paths {
		for method, o := range methods {
			name := strings.ToUpper(method) + " " + path
			if !served[name] {
				t.Errorf("%s is described and not served", name)
			}
			if o.Summary == "" {
				t.Errorf("%s has no summary", name)
			}
			delete(served, name)
		}
	}
	for name := range served {
		t.Errorf("%s is served and not described", name)
	}
	if d.OpenAPI != "3.1.0" || d.Components.Schemas["Service"].Properties["state"] == nil {
		t.Errorf("the description is %v", d)
	}
}

func TestEveryReferenceOfTheDescriptionIsThere(t *testing.T) {
	w := newWorld(t, t.TempDir())
	body := w.ask("GET", "/v2/openapi.json", "", nil).body
	var d struct {
		Components struct{ Schemas map[string]any }
	}
	must(t, json.Unmarshal([]byte(body), &d))
	const mark = `"$ref":"#/components/schemas/`
	for _, part := range strings.Split(body, mark)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if d.Components.Schemas[name] == nil {
			t.Errorf("there is no schema %s", name)
		}
	}
}

func TestTheGuideSpeaksOfEveryCollection(t *testing.T) {
	guide, err := os.ReadFile("../docs/api.md")
	must(t, err)
	for _, r := range (&server{}).routes() {
		path, _, below := strings.Cut(r.path, ":id/")
		path = strings.TrimSuffix(path, "find/")
		if !strings.Contains(string(guide), path) {
			t.Errorf("nothing about %s", path)
		}
		if rest := strings.TrimPrefix(r.path, path+":id/"); below && rest != "" && !strings.Contains(string(guide), rest) {
			t.Errorf("nothing about %s", r.path)
		}
	}
}
