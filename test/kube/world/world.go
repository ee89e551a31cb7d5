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
)

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
	sockets sockets

	building sync.Mutex
	programs map[string]string // the references of what was built, by the folder

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
	o.once.Do(func() { o.world, o.err = named() })
	cannot(t, o.err)
	return o.world
}

// Long leaves out a test that takes minutes, or images that do, when the short selection of
// make test is run.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("this takes minutes: make test-kube runs it")
	}
}

func named() (*World, error) {
	path, err := kubeconfig()
	if err != nil {
		return nil, err
	}
	return open(path)
}

// open uses the cluster of a kubeconfig.
func open(path string) (_ *World, err error) {
	w := &World{Kubeconfig: path, images: map[string]v1.Image{}, programs: map[string]string{}}
	if w.Kubeconfig == ownKubeconfig {
		if err := w.findOwn(); err != nil {
			return nil, err
		}
	}
	if w.Config, err = configOf(w.Kubeconfig); err != nil {
		return nil, errors.Join(err, w.leave())
	}
	if w.Client, err = kubernetes.NewForConfig(w.Config); err != nil {
		return nil, errors.Join(fmt.Errorf("make a client of the tests' cluster: %w", err), w.leave())
	}
	return w, nil
}
