package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"gondor/app"
	"gondor/cluster/kube"
	"gondor/cluster/kube/access"
	"gondor/cluster/logfile"
)

// The variables of Gondor's own environment that tell of its pod and of a registry
// elsewhere.
const (
	envPodUID           = "POD_UID"
	envRegistryUsername = "GONDOR_REGISTRY_USERNAME"
	envRegistryPassword = "GONDOR_REGISTRY_PASSWORD"
)

// serveKube serves while this is the one control plane of the cluster. The store is not
// opened before that, nor is anything made.
func (p *Program) serveKube(ctx context.Context, o serverOptions) error {
	klog.SetSlogLogger(slog.New(clientLog{o.log.Handler()})) // what client-go has to say
	config, err := p.reach(ctx, o)
	if err != nil {
		return err
	}
	o.kube.Config = config
	if p.io.Env(envPodUID) != "" { // elsewhere it need not be the binary of the image
		if o.kube.Executable, err = os.Executable(); err != nil {
			return fmt.Errorf("find Gondor's own binary: %w", err)
		}
	}
	lease := kube.Lease{Config: config, Namespace: o.kube.Namespace, Identity: p.identity(), Logger: o.log}
	err = lease.Hold(ctx, func(ctx context.Context) error { return p.serveHolding(ctx, o) })
	if errors.Is(err, kube.ErrLeaseLost) {
		o.log.Error("this control plane ended", "error", err)
		return app.Fault(app.CodeUnavailable, "this control plane could not renew its Lease in time, so another may be at work by now; it ends, and what it ran goes on")
	}
	return err
}

func (p *Program) serveHolding(ctx context.Context, o serverOptions) (err error) {
	registry := &o.kube.Registry
	registry.Username, registry.Password = p.io.Env(envRegistryUsername), p.io.Env(envRegistryPassword)
	if o.kube.registrySecret != "" {
		registry.Key, err = kube.RegistryKey(ctx, o.kube.Config, o.kube.Namespace, o.kube.registrySecret)
		if err != nil {
			return err
		}
	}
	if agents := &o.kube.Agents; agents.Namespace != "" {
		if agents.Key, err = kube.AgentKey(ctx, o.kube.Config, agents.Namespace, agentSecret); err != nil {
			return err
		}
	}
	return p.serveOpened(ctx, o)
}

// agentSecret is the Secret with the key of the agents, in their namespace.
const agentSecret = "gondor-agent"

// identity is who holds the Lease: this pod, however often its container begins anew, or
// else this process.
func (p *Program) identity() string {
	if uid := p.io.Env(envPodUID); uid != "" {
		return uid
	}
	host, err := os.Hostname()
	if err != nil {
		host = "somewhere"
	}
	return host + "-" + app.RandomSecret()
}

// reachAgain is how long to wait for an API server that does not answer.
const reachAgain = 2 * time.Second

// reach makes sure that the cluster is one to run on. A pod waits for the API server, as
// it is begun by a kubelet that does not need it; a person is told at once.
func (p *Program) reach(ctx context.Context, o serverOptions) (*rest.Config, error) {
	config, inside, err := access.Load(o.kube.kubeconfig, p.io.Env)
	if err != nil {
		return nil, err
	}
	for {
		err := access.Preflight(ctx, config, o.kube.Namespace)
		if err == nil || !inside || app.CodeOf(err) != app.CodeUnavailable {
			return config, err
		}
		o.log.Warn("waiting for the API server", "error", err)
		if err := pause(ctx, reachAgain); err != nil {
			return nil, err
		}
	}
}

// kubeOptions are what the engine kube is opened with. The logs of pods are kept beside
// the store.
func (s *server) kubeOptions() kube.Options {
	logs := logfile.NewStore(filepath.Join(s.options.data, "logs"), logfile.DefaultLimits())
	s.closers = append(s.closers, closer(logs.Shut))
	o := s.options.kube.Options
	o.LogBudget = s.budget.Logs()
	o.Logs, o.Drainer, o.Logger = logs, s.router, s.options.log
	return o
}

// closer is a function as an io.Closer.
type closer func() error

// Close implements io.Closer.
func (c closer) Close() error { return c() }
