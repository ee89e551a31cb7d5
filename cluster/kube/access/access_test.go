package access_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"gondor/app"
	"gondor/cluster/kube/access"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: t}}]
`

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHowAClusterIsReached(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "") // the test may run in a pod
	good := file(t, kubeconfig+"current-context: c\n")
	for name, c := range map[string]struct {
		path, env string
		says      string // "" when it is found
	}{
		"is said by the flag":             {path: good},
		"or by the environment":           {env: good},
		"or not at all":                   {says: "say how the cluster is reached"},
		"not by a file that is not there": {path: "/nowhere/kubeconfig", says: "there is no file /nowhere/kubeconfig"},
		"even in the environment":         {env: "/nowhere/kubeconfig", says: "names no cluster"},
		"not without a current context":   {path: file(t, kubeconfig), says: "names no cluster"},
		"not by something else":           {path: file(t, "a site"), says: "is no kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			config, inside, err := access.Load(c.path, func(string) string { return c.env })
			switch {
			case c.says == "" && (err != nil || inside || config.Host != "https://192.0.2.1:6443"):
				t.Errorf("got %v, inside %v, %v", config, inside, err)
			case c.says != "" && (app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), c.says)):
				t.Errorf("got %v; want it to say %s", err, c.says)
			}
		})
	}
}

func TestAClusterThatGondorCannotRunOn(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer string
		code   app.Code
		says   string
	}{
		"is too old":              {200, `{"gitVersion":"v1.29.14+k3s1"}`, app.CodeInvalid, "runs Kubernetes 1.29.14, which is too old; Gondor needs 1.30 or newer"},
		"is no cluster":           {200, `<html>Welcome</html>`, app.CodeInvalid, "is no API server"},
		"has no version":          {200, `{}`, app.CodeInvalid, "is no API server"},
		"has no such page":        {404, `not found`, app.CodeInvalid, "is no API server"},
		"does not know who asks":  {401, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}`, app.CodeUnauthenticated, "does not know who asks"},
		"is just being restarted": {503, `not yet`, app.CodeUnavailable, "is not ready"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.answer)
			}))
			defer server.Close()
			err := access.Preflight(t.Context(), &rest.Config{Host: server.URL}, "gondor")
			if app.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), server.URL) {
				t.Errorf("got %v (%s); want %s to say %s", err, app.CodeOf(err), c.code, c.says)
			}
		})
	}
}

func TestAClusterThatIsNotThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	err = access.Preflight(t.Context(), &rest.Config{Host: host}, "gondor")
	if app.CodeOf(err) != app.CodeUnavailable || !strings.Contains(err.Error(), host+" can't be reached: ") {
		t.Errorf("got %v", err)
	}
}
