package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kubeconfigOf writes a kubeconfig of an API server.
func kubeconfigOf(t *testing.T, server string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{apiVersion: v1, kind: Config, current-context: c, users: [{name: u, user: {token: t}}],
clusters: [{name: c, cluster: {server: "` + server + `"}}], contexts: [{name: c, context: {cluster: c, user: u}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAServerWithoutItsClusterMakesNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kubeconfig string
		code       int
		says       string
	}{
		"a kubeconfig that is not there":      {"/nowhere/kubeconfig", exitUsage, "there is no file /nowhere/kubeconfig"},
		"a kubeconfig that points to nothing": {kubeconfigOf(t, nowhere), exitUnavailable, nowhere + " can't be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			data := filepath.Join(t.TempDir(), "data")
			program := New(IO{Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said, Env: func(string) string { return "" }, Dir: t.TempDir()})
			code := program.Run(t.Context(), []string{
				"serve", "--engine=kube", "--listen=127.0.0.1:0", "--domain=apps.example.com", "--data=" + data,
				"--image=gondor:1", "--registry=registry.example.com", "--kubeconfig=" + c.kubeconfig,
			})
			if code != c.code || !strings.Contains(said.String(), c.says) {
				t.Errorf("it ended with %d and said: %s", code, said.String())
			}
			if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the data directory was begun: %v", err)
			}
		})
	}
}
