package world

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// The environment variables that say what tests run on.
const (
	// kubeconfigVariable names the kubeconfig of the cluster to use, whichever it is.
	kubeconfigVariable = "GONDOR_TEST_KUBECONFIG"
	// requireVariable makes it a failure, if "1", that there is no cluster.
	requireVariable = "GONDOR_REQUIRE_KUBE"
	// loadVariable is a command that loads the archive of images that is added to it into
	// all nodes of a cluster that is not test/cluster's.
	loadVariable = "GONDOR_TEST_LOAD"
)

// ErrNone is wrapped by the errors that say why there is no cluster here.
var ErrNone = errors.New("no Kubernetes cluster here")

// Kubeconfig is the path of an administrator's kubeconfig of the cluster of the tests, for
// those that need nothing more of a World than that it is up. Without one the test is
// skipped, or fails, as by Opening.World.
func Kubeconfig(t testing.TB) string {
	t.Helper()
	path, err := kubeconfig()
	cannot(t, err)
	return path
}

// Config is how an administrator reaches the cluster of Kubeconfig.
func Config(t testing.TB) *rest.Config {
	t.Helper()
	config, err := configOf(Kubeconfig(t))
	cannot(t, err)
	return config
}

// cannot ends a test that has no cluster: it is skipped where none is required.
func cannot(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrNone) && os.Getenv(requireVariable) != "1":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

func kubeconfig() (string, error) {
	path := os.Getenv(kubeconfigVariable)
	if path == "" {
		return "", fmt.Errorf("%w: %s names none; make test-kube brings one up", ErrNone, kubeconfigVariable)
	}
	return path, nil
}

func configOf(path string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig of the tests: %w", err)
	}
	config.QPS, config.Burst = 200, 400 // tests run beside each other
	return config, nil
}
