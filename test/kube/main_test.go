// Package kube uses Gondor on a real Kubernetes cluster as people do: installed by its
// manifests, with the image of make image.
package kube

import (
	"os"
	"testing"

	"gondor/test/kube/world"
)

// opening is the cluster of these tests.
var opening world.Opening

// installed is the one installation that these tests share.
var installed shared

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	defer installed.remove()
	return opening.Main(m)
}
