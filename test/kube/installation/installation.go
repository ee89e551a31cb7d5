package installation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/test/kube/world"
	"gondor/test/wheels"
)

// Options say what an installation takes of the cluster, so that several have room.
type Options struct {
	Namespace string
	// Port is the first of two of every node's ports between 30000 and 32766: of the
	// registry and, one higher, of the routers.
	Port int
	// HostPort is where each node's router listens.
	HostPort int
	// Bare gives every runtime the base image that has none, whose making is the quickest:
	// only sites that need no runtime can be built.
	Bare bool
}

// Password is that of the user admin.
const Password = "correct horse battery"

// Installation is Gondor on the cluster, and the way to it.
type Installation struct {
	Options
	World   *world.World
	Program string // gondor, for people
	Dir     string // is theirs
	// Index is a package index of Python's. PIP is its URL, and NPM that of a registry of
	// npm's, as pods reach them.
	Index    *wheels.Index
	PIP, NPM string
	// Elsewhere is a registry of the world outside, which has the base images.
	Elsewhere *world.Registry

	image string
	front net.Listener // on loopback, where the routers are reached
}

// Root is where the sources of Gondor are.
func Root() string { return world.Root() }

// Install puts Gondor on the cluster and signs in as admin. What it made is to be removed with
// Remove, whether or not there is an error.
func Install(ctx context.Context, w *world.World, o Options) (*Installation, error) {
	i := &Installation{Options: o, World: w, Program: filepath.Join(Root(), "bin", "gondor")}
	for _, step := range []func(context.Context) error{i.makeImage, i.outside, i.enter, i.prepare, i.apply, i.await, i.login} {
		if err := step(ctx); err != nil {
			return i, err
		}
	}
	return i, nil
}

// makeImage loads what make image has made into the nodes, under a name of its own.
func (i *Installation) makeImage(context.Context) error {
	var err error
	if i.Dir, err = os.MkdirTemp("", "gondor-kube-"); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	binary := filepath.Join(Root(), "bin", "linux", "gondor")
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("what make image makes has not been made: %w", err)
	}
	archive := filepath.Join(i.Dir, "image.tar")
	i.image = "cluster.test/gondor:" + filepath.Base(i.Dir)
	if err := i.run("image", "--binary", binary, "--output", archive, "--reference", i.image); err != nil {
		return err
	}
	return errors.Join(i.World.Load(archive), os.Remove(archive))
}

// prepare makes the namespace and the password of admin, as docs/kubernetes.md says.
func (i *Installation) prepare(ctx context.Context) error {
	if err := i.makeNamespace(ctx); err != nil {
		return fmt.Errorf("make the namespace %s, which must not be there: %w", i.Namespace, err)
	}
	admin := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "gondor-admin"}, StringData: map[string]string{"password": Password}}
	if _, err := i.World.Client.CoreV1().Secrets(i.Namespace).Create(ctx, admin, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make the password of admin: %w", err)
	}
	return nil
}

// goneAfter is how long an earlier installation may take to go.
const goneAfter = 3 * time.Minute

// makeNamespace makes the namespace, when that of an earlier installation has gone.
func (i *Installation) makeNamespace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, goneAfter)
	defer cancel()
	namespaces := i.World.Client.CoreV1().Namespaces()
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: i.Namespace}}
	for {
		_, err := namespaces.Create(ctx, space, metav1.CreateOptions{})
		if !apierrors.IsAlreadyExists(err) {
			return err
		}
		if earlier, failed := namespaces.Get(ctx, i.Namespace, metav1.GetOptions{}); failed == nil && earlier.DeletionTimestamp == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// bases are the base images of the runtimes, by their names in the world.
var bases = map[string]string{"python": "python", "node": "node", "go": "go", "static": "debian", "none": "debian"}

// apply is `gondor install | kubectl apply -f -`.
func (i *Installation) apply(ctx context.Context) error {
	arguments := []string{
		"install", "--domain", "localhost", "--image", i.image, "--namespace", i.Namespace,
		"--registry-node-port", strconv.Itoa(i.Port), "--router-node-port", strconv.Itoa(i.Port + 1),
		"--router-host-port", strconv.Itoa(i.HostPort), "--public-url", i.URL(),
		"--storage", "5Gi", "--registry-storage", "8Gi", "--agent",
	}
	for runtime, base := range bases {
		if i.Bare {
			base = bases["none"]
		}
		reference, err := i.Elsewhere.Base(ctx, base)
		if err != nil {
			return err
		}
		arguments = append(arguments, "--base", runtime+"="+reference)
	}
	out, err := exec.Command(i.Program, arguments...).Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		return fmt.Errorf("gondor install: %w\n%s", err, failed.Stderr)
	} else if err != nil {
		return fmt.Errorf("gondor install: %w", err)
	}
	return i.World.Apply(ctx, string(out))
}

// Remove takes the installation off the cluster, with all that it made.
func (i *Installation) Remove(ctx context.Context) error {
	if i.front != nil {
		_ = i.front.Close() // nobody comes any more
	}
	namespaces := i.World.Client.CoreV1().Namespaces()
	all, err := namespaces.List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("remove the installation: %w", err)
	}
	errs := []error{os.RemoveAll(i.Dir)}
	for _, n := range all.Items {
		if n.Name == i.Namespace || strings.HasPrefix(n.Name, i.Namespace+"-") {
			if err := namespaces.Delete(ctx, n.Name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
