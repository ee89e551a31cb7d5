// Command cluster runs a real Kubernetes of several nodes on one Linux machine, for tests:
// every node is a process tree in namespaces of its own. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// exitSkipped is the exit code that says that this machine can't run a test cluster.
const exitSkipped = 77

// errSkipped is wrapped by every error that says why this machine can't run a test cluster.
var errSkipped = errors.New("no test cluster here")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := execute(ctx)
	stop()
	switch {
	case errors.Is(err, errSkipped):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitSkipped)
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
