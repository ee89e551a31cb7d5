package kube

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"gondor/test/kube/installation"
)

// options are the ports of nodes that these tests take: none that an installation of the
// cluster's own people would.
var options = installation.Options{Namespace: "gondor-e2e", Port: 30510, HostPort: 8088}

// shared is the one installation of these tests, made for the first that wants it.
type shared struct {
	once sync.Once
	made *installation.Installation
	err  error
}

// gondor returns the installation.
func gondor(t *testing.T) *installation.Installation {
	t.Helper()
	w := opening.World(t)
	w.NeedsOwn(t)
	options := options
	options.Bare = testing.Short()
	installed.once.Do(func() { installed.made, installed.err = installation.Install(context.Background(), w, options) })
	if installed.err != nil {
		t.Fatal(installed.err)
	}
	return installed.made
}

// remove takes the installation off the cluster, unless somebody wants to look at it.
func (s *shared) remove() {
	if s.made == nil || os.Getenv("GONDOR_TEST_KEEP") != "" {
		return
	}
	if err := s.made.Remove(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "remove the installation:", err)
	}
}
