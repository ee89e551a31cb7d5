package world

import "os"

// Open returns the cluster that GONDOR_TEST_KUBECONFIG names, as a test gets it, or else
// test/cluster's if that is up. It is for programs that are no tests: where there is no
// cluster the error wraps ErrNone. Call Leave.
func Open() (*World, error) {
	if os.Getenv(kubeconfigVariable) == "" && stands() {
		return open(ownKubeconfig)
	}
	return named()
}

// Leave takes the cluster down if this process brought it up. The World is of no use then.
func (w *World) Leave() error { return w.leave() }
