package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"gondor/app"
)

// Options say what an Agent keeps.
type Options struct {
	Root      string // the node's /var/log
	Namespace string // where Gondor lives: the pods of its instances and builds are kept
	// Budget is what may be kept that the kubelet has removed, in bytes. What is beyond it
	// goes, the oldest first.
	Budget int64
	Key    []byte // signs the token of the control plane
	Logger *slog.Logger
}

// Agent keeps what processes of one node wrote. It is safe for concurrent use.
type Agent struct {
	options Options
	root    *os.Root
	log     *slog.Logger

	mu     sync.Mutex      // held by who changes what is kept
	passed map[string]bool // files of the kubelet's whose lines are kept already, by path
}

// The directories below Options.Root.
const (
	podsDirectory = "pods"
	keptDirectory = "gondor"
)

// Open makes an Agent. What an earlier one kept is found again. An error of
// app.CodeUnavailable when links can't be made there.
func Open(o Options) (*Agent, error) {
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("open the directory of the node's logs: %w", err)
	}
	a := &Agent{options: o, root: root, log: o.Logger, passed: map[string]bool{}}
	if err := a.try(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return a, nil
}

// Close closes the directory.
func (a *Agent) Close() error { return a.root.Close() }

// try makes a link from the kubelet's directory to ours and removes it.
func (a *Agent) try() error {
	if err := a.root.MkdirAll(keptDirectory, 0o700); err != nil {
		return app.Fault(app.CodeUnavailable, "this agent can't write in %s: %s", a.options.Root, err)
	}
	const from, to = podsDirectory + "/.gondor", keptDirectory + "/.try"
	err := errors.Join(a.root.WriteFile(from, nil, 0o600), a.root.Link(from, to))
	for _, name := range []string{from, to} {
		_ = a.root.Remove(name) // it may not have come so far
	}
	if err != nil {
		return app.Fault(app.CodeUnavailable, "this agent can't link %[1]s/pods to %[1]s/gondor, which have to be one file system and one mount: %[2]s", a.options.Root, err)
	}
	return nil
}

// lookInterval is how often the agent looks for files. The kubelet looks every ten seconds
// whether one has to be rotated, and packs it no sooner than at the next time.
const lookInterval = time.Second

// Run keeps what it sees until ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		if err := a.Look(); err != nil {
			a.log.Error("what processes write can't be kept", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
