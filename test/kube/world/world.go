package world

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"k8s.io/client-go/kubernetes"
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

// errNone is wrapped by the errors that say why there is no cluster here.
var errNone = errors.New("no Kubernetes cluster here")

// Opening is a World that is opened when a test asks for it first. It is safe for
// concurrent use.
type Opening struct {
	once  sync.Once
	world *World
	err   error
}

// World is a cluster for tests. It is safe for concurrent use.
type World struct {
	// Kubeconfig is the path of an administrator's kubeconfig.
	Kubeconfig string
	Config     *rest.Config
	Client     kubernetes.Interface
	// Own says that the cluster is test/cluster's on this machine: its machines can be cut
	// off and killed with Cluster.
	Own bool

	program string // of test/cluster, if it is Own
	brought bool   // this process brought it up
	using   *os.File

	mu       sync.Mutex
	images   map[string]v1.Image // that were made, by their base's name
	sharing  sync.Mutex
	registry *Registry
}

// Main runs the tests of a package and then takes down the cluster, if they brought it up.
// It returns the exit code.
func (o *Opening) Main(m *testing.M) int {
	code := m.Run()
	if o.world == nil {
		return code
	}
	if err := o.world.leave(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// World returns the cluster that GONDOR_TEST_KUBECONFIG names; test/cluster's is brought up
// if that is named and not there. Without a name the test is skipped, or fails with
// GONDOR_REQUIRE_KUBE=1.
func (o *Opening) World(t testing.TB) *World {
	t.Helper()
	o.once.Do(func() { o.world, o.err = open() })
	if errors.Is(o.err, errNone) && os.Getenv(requireVariable) != "1" {
		t.Skip(o.err)
	}
	if o.err != nil {
		t.Fatal(o.err)
	}
	return o.world
}

func open() (*World, error) {
	w := &World{Kubeconfig: os.Getenv(kubeconfigVariable), images: map[string]v1.Image{}}
	if w.Kubeconfig == "" {
		return nil, fmt.Errorf("%w: %s names none; make test-kube brings one up", errNone, kubeconfigVariable)
	}
	if w.Kubeconfig == ownKubeconfig {
		if err := w.findOwn(); err != nil {
			return nil, err
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", w.Kubeconfig)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the kubeconfig of the tests: %w", err), w.leave())
	}
	config.QPS, config.Burst = 200, 400 // tests run beside each other
	w.Config = config
	if w.Client, err = kubernetes.NewForConfig(config); err != nil {
		return nil, errors.Join(fmt.Errorf("make a client of the tests' cluster: %w", err), w.leave())
	}
	return w, nil
}
