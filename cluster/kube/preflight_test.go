package kube

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"gondor/app"
)

func TestOnlyNewEnoughClustersAreUsed(t *testing.T) {
	for name, c := range map[string]struct{ version, refusal string }{
		"the least version is good":             {"v1.30.0", ""},
		"a newer one too":                       {"v1.34.4", ""},
		"what a distribution adds is no matter": {"v1.31.2+k3s1", ""},
		"an older one is too old":               {"v1.29.9", "too old"},
		"one that says nothing is none":         {"", "which is none"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkVersion(c.version)
			if c.refusal == "" && err == nil {
				return
			}
			if err == nil || c.refusal == "" || !strings.Contains(err.Error(), c.refusal) || !strings.Contains(err.Error(), LeastVersion) {
				t.Errorf("%q is answered with %v", c.version, err)
			}
		})
	}
}

func TestMissingRightsAreNamed(t *testing.T) {
	err := lacking([]string{"list pods", "bind clusterroles.rbac.authorization.k8s.io gondor-instance"})
	for _, part := range []string{"list pods", "gondor-instance", "gondor install"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q lacks %q", err, part)
		}
	}
	if err := lacking(nil); err != nil {
		t.Errorf("nothing is missing: %v", err)
	}
}

func TestAClusterThatCannotBeReachedIsNamed(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := "http://" + closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<p>hello")) }))
	defer page.Close()
	for name, c := range map[string]struct{ host, says string }{
		"nobody listens":           {nowhere, "connection refused"},
		"it is no API server":      {page.URL, "is no Kubernetes API server"},
		"its name does not exist":  {"http://nowhere.invalid", "can't be reached"},
		"its address is malformed": {"http://[", "can't be used"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Preflight(t.Context(), &rest.Config{Host: c.host}, "gondor")
			if app.CodeOf(err) != app.CodeUnavailable || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestWhoLacksRightsIsToldWhich(t *testing.T) {
	config := testCluster(t)
	if err := Preflight(t.Context(), config, "gondor"); err != nil {
		t.Errorf("an administrator lacks something: %v", err)
	}
	stranger := rest.CopyConfig(config)
	stranger.Impersonate = rest.ImpersonationConfig{UserName: "stranger", Groups: []string{"system:authenticated"}}
	err := Preflight(t.Context(), stranger, "gondor")
	if app.CodeOf(err) != app.CodeUnavailable || !strings.Contains(err.Error(), "create namespaces") {
		t.Errorf("a stranger is told %v", err)
	}
}
