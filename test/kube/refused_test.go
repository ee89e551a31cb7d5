package kube

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	authentication "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

func TestAnImageThatCanNotRunChangesNothing(t *testing.T) {
	site := example(t, "static", "steady")
	site.run("deploy")
	foreign := site.foreignImage()
	before := site.objects()
	for name, c := range map[string]struct{ image, says string }{
		"for another architecture": {foreign, "is for linux/s390x"},
		"that is not there":        {strings.Replace(foreign, "foreign", "missing", 1), "there is no image"},
		"that is no reference":     {"Shop", "is not the reference of an image"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := site.gondor.Command(site.dir, "deploy", "--image", c.image).CombinedOutput()
			if err == nil {
				t.Error("it was deployed")
			}
			contains(t, string(out), c.says)
			if after := site.objects(); after != before {
				t.Errorf("the cluster holds\n%s\ninstead of\n%s", after, before)
			}
		})
	}
	page(t, site.url())
	site.run("sites", "delete", "--yes")
}

// foreignImage pushes an image that none of the nodes can run to the world outside.
func (p place) foreignImage() string {
	p.t.Helper()
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "s390x", Config: v1.Config{Cmd: []string{"/serve"}}})
	if err != nil {
		p.t.Fatal(err)
	}
	reference, err := p.gondor.Elsewhere.Push(p.t.Context(), "shop/foreign:1", image)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Replace(reference, p.gondor.Elsewhere.Host, p.gondor.Elsewhere.Inside, 1)
}

// objects tells of all that Gondor has made for the instance, in its present form.
func (p place) objects() string {
	p.t.Helper()
	ctx, client, space, all := p.t.Context(), p.gondor.World.Client, p.space(), metav1.ListOptions{}
	var out strings.Builder
	tell := func(kind string, o metav1.ObjectMeta) { fmt.Fprintln(&out, kind, o.Name, o.ResourceVersion) }
	deployments, err := client.AppsV1().Deployments(space).List(ctx, all)
	for _, d := range deployments.Items {
		tell("Deployment", d.ObjectMeta)
	}
	must(p.t, err)
	services, err := client.CoreV1().Services(space).List(ctx, all)
	for _, s := range services.Items {
		tell("Service", s.ObjectMeta)
	}
	must(p.t, err)
	secrets, err := client.CoreV1().Secrets(space).List(ctx, all)
	for _, s := range secrets.Items {
		tell("Secret", s.ObjectMeta)
	}
	must(p.t, err)
	pods, err := client.CoreV1().Pods(space).List(ctx, all)
	for _, d := range pods.Items {
		tell("Pod", d.ObjectMeta)
	}
	must(p.t, err)
	return out.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAControlPlaneThatCanNotHaveItsClusterMakesNothing(t *testing.T) {
	i := gondor(t)
	for name, c := range map[string]struct {
		kubeconfig func(t *testing.T) string
		says       string
	}{
		"because its kubeconfig is not there": {func(t *testing.T) string { return filepath.Join(t.TempDir(), "none") }, "there is no file"},
		"because that is no kubeconfig":       {func(t *testing.T) string { return file(t, "{") }, "kubeconfig"},
		"because that points nowhere": {func(t *testing.T) string {
			return kubeconfig(t, &clientcmdapi.Cluster{Server: "https://127.0.0.1:1"}, "none")
		}, "can't be reached"},
		"because it has no rights": {withoutRights, "rights"},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			out, err := i.Command(i.Dir, "serve", "--engine", "kube", "--listen", "127.0.0.1:0", "--domain", "localhost", "--data", data,
				"--kubeconfig", c.kubeconfig(t), "--namespace", i.Namespace, "--image", "gondor:1", "--registry", "localhost:30500").CombinedOutput()
			if err == nil {
				t.Error("it began")
			}
			contains(t, string(out), c.says)
			if _, err := os.Stat(data); err == nil {
				t.Errorf("it made its directory:\n%s", out)
			}
		})
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func kubeconfig(t *testing.T, cluster *clientcmdapi.Cluster, bearer string) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["c"], config.AuthInfos["u"] = cluster, &clientcmdapi.AuthInfo{Token: bearer}
	config.Contexts["c"], config.CurrentContext = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}, "c"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, clientcmd.WriteToFile(*config, path))
	return path
}

// withoutRights is the kubeconfig of an account that may do nothing.
func withoutRights(t *testing.T) string {
	w := gondor(t).World
	accounts := w.Client.CoreV1().ServiceAccounts(options.Namespace)
	_, err := accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "nobody"}}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, accounts.Delete(context.Background(), "nobody", metav1.DeleteOptions{})) })
	token, err := accounts.CreateToken(t.Context(), "nobody", &authentication.TokenRequest{}, metav1.CreateOptions{})
	must(t, err)
	return kubeconfig(t, &clientcmdapi.Cluster{Server: w.Config.Host, CertificateAuthorityData: w.Config.CAData, CertificateAuthority: w.Config.CAFile}, token.Status.Token)
}
