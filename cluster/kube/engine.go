package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/app"
	"gondor/cluster/kube/access"
)

// Engine runs workloads, processes and builds on a Kubernetes cluster and keeps their
// logs. It implements app.Workloads, app.Processes, app.Builder and app.Logs, and is safe
// for concurrent use. What it is told before Run is done once Run is called.
type Engine struct {
	options   Options
	config    *rest.Config
	client    kubernetes.Interface
	informers informers.SharedInformerFactory // of what carries our installation's label, in all namespaces
	log       *slog.Logger
	spaces    *spaces
	builds    *builds
	shipment  *shipment
	oneOffs   *oneOffs
	logs      *follower
	fronts    *fronts
	workloads *workloads
}

// Open reaches the cluster and makes sure of what access.Preflight does. What ran
// before is found again.
func Open(ctx context.Context, o Options) (*Engine, error) {
	o = o.withDefaults()
	if o.Config == nil {
		return nil, app.Invalid("kubeconfig", "is missing; say which cluster Gondor should run sites on")
	}
	if err := access.Preflight(ctx, o.Config, o.Namespace); err != nil {
		return nil, err
	}
	config := ownConfig(o.Config)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("read how the cluster is reached: %w", err)
	}
	e := &Engine{
		options: o, config: config, client: client, log: o.Logger,
		informers: newInformers(client, o.Namespace),
		spaces:    &spaces{ready: map[string]bool{}},
		builds:    newBuilds(o),
		shipment:  newShipment(o),
		fronts:    newFronts(),
		workloads: newWorkloads(),
	}
	pods := e.informers.Core().V1().Pods().Informer()
	if e.oneOffs, err = newOneOffs(client, o.Namespace, pods); err != nil {
		return nil, err
	}
	e.logs = newFollower(client, pods, o.Logs, o.Logger)
	e.logs.agents = newAgents(client, o.Agents)
	return e, nil
}

// ownConfig is the configuration with the rates that one engine for many instances needs.
func ownConfig(config *rest.Config) *rest.Config {
	own := rest.CopyConfig(config)
	own.UserAgent = "gondor"
	own.QPS, own.Burst = 50, 200 // client-go's 5 a second would hold up a deploy; the server has its own fairness
	return own
}

// withDefaults fills in what has a default.
func (o Options) withDefaults() Options {
	set(&o.Namespace, "gondor")
	set(&o.Logger, slog.Default())
	set(&o.WorkerAlive, app.WorkerAlive)
	o.Bases = withBases(o.Bases)
	set(&o.Registry.Address, o.Registry.Host)
	set(&o.LogBudget, 10<<30)
	set(&o.Limits.Time, 15*time.Minute)
	set(&o.Limits.Memory, 2<<30)
	set(&o.Limits.Disk, 4<<30)
	return o
}

// set gives a field that is zero its default.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Run looks after everything until ctx ends, and returns nil then. All that it looks
// after runs on.
func (e *Engine) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if err := e.listen(ctx); err != nil {
		return err
	}
	group.Go(func() error { return e.look(ctx) })
	group.Go(func() error { return e.inform(ctx) })
	group.Go(func() error { e.shipment.begin(ctx); return nil })
	group.Go(func() error { return e.logs.run(ctx) })
	group.Go(func() error { return e.logs.visit(ctx, e.informers.Apps().V1().Deployments()) })
	group.Go(func() error { return e.judge(ctx) })
	if err := group.Wait(); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
