package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// api talks to the cluster's API server as its administrator.
type api struct {
	server    string
	authority authority
	client    *http.Client
}

// newAPI makes a client of the API server at the address (host:port).
func newAPI(ca authority, address string) (*api, error) {
	certificate, key, err := ca.issue(identity{name: "up", group: "system:masters"})
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	return &api{"https://" + address, ca, &http.Client{Transport: transport, Timeout: 10 * time.Second}}, nil
}

// openAPI makes a client of the API server of the cluster that is up.
func openAPI(o options) (*api, error) {
	ca, err := loadAuthority()
	if err != nil {
		return nil, fmt.Errorf("read the keys of the cluster: %w", err)
	}
	return newAPI(ca, o.API)
}

// call sends a request and decodes the answer into the value, unless that is nil.
func (a *api) call(ctx context.Context, method, path, contentType string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, data)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(data, answer)
}

func (a *api) ready(ctx context.Context) bool {
	return a.call(ctx, http.MethodGet, "/readyz", "", nil, nil) == nil
}

// apply makes all objects of a text of YAML documents, by server-side apply.
func (a *api) apply(ctx context.Context, text string) error {
	for _, document := range strings.Split(text, "\n---\n") {
		var object struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return fmt.Errorf("read the object to make: %w", err)
		}
		path := collection(object.APIVersion, object.Kind, object.Metadata.Namespace) + "/" + object.Metadata.Name
		if err := a.call(ctx, http.MethodPatch, path+"?fieldManager=up&force=true", "application/apply-patch+yaml", []byte(document), nil); err != nil {
			return fmt.Errorf("make %s %s: %w", object.Kind, object.Metadata.Name, err)
		}
	}
	return nil
}

// collection is the path of all objects of a kind.
func collection(version, kind, namespace string) string {
	path := "/apis/" + version
	if version == "v1" {
		path = "/api/v1"
	}
	if namespace != "" {
		path += "/namespaces/" + namespace
	}
	plural := strings.ToLower(kind) + "s"
	return path + "/" + strings.Replace(plural, "classs", "classes", 1)
}

// giveRange tells a node its range of pod addresses; it fails until the node has registered.
func (a *api) giveRange(ctx context.Context, node string) error {
	patch := fmt.Sprintf(`{"spec":{"podCIDR":%[1]q,"podCIDRs":[%[1]q]}}`, podRange(node))
	return a.call(ctx, http.MethodPatch, "/api/v1/nodes/"+node, "application/merge-patch+json", []byte(patch), nil)
}

type condition struct{ Type, Status string }

// nodeReady tells what the API server holds of a node: "True", "False", "Unknown", or ""
// when it has not registered.
func (a *api) nodeReady(ctx context.Context, node string) string {
	var object struct {
		Status struct{ Conditions []condition }
	}
	if a.call(ctx, http.MethodGet, "/api/v1/nodes/"+node, "", nil, &object) != nil {
		return ""
	}
	for _, c := range object.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status
		}
	}
	return ""
}

// replicasReady tells whether all replicas of a Deployment are available.
func (a *api) replicasReady(ctx context.Context, namespace, name string) bool {
	var object struct {
		Spec   struct{ Replicas int }
		Status struct{ AvailableReplicas int }
	}
	err := a.call(ctx, http.MethodGet, collection("apps/v1", "Deployment", namespace)+"/"+name, "", nil, &object)
	return err == nil && object.Spec.Replicas > 0 && object.Status.AvailableReplicas == object.Spec.Replicas
}
