package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

//go:embed files/system.yaml
var systemObjects string

// up brings a cluster up and prints the path of its kubeconfig last. When it fails,
// everything stays to be looked at until down.
func up(ctx context.Context, out io.Writer, o options) error {
	if o.Nodes < 1 || o.Nodes > maxNodes {
		return fmt.Errorf("%d nodes can't be: ask for 1 to %d", o.Nodes, maxNodes)
	}
	if err := canRun(); err != nil {
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(kubeconfigPath()); err == nil {
		return fmt.Errorf("a cluster is up already; take it down with down")
	}
	if err := clear(ctx); err != nil { // what an up that was killed has left
		return err
	}
	if err := prepare(ctx, &o); err != nil {
		return err
	}
	if err := start(ctx, &o); err != nil {
		return fmt.Errorf("%w\nlogs: %s/*.log and %s/*/var/log; down takes all away", err, stateDir, stateDir)
	}
	_, err = fmt.Fprintln(out, kubeconfigPath())
	return err
}

// lock keeps a second up or down out until the returned function is called. The lock is on
// a directory of the system, so that it leaves no file.
func lock() (func(), error) {
	dir, err := os.Open("/var/lib")
	if err != nil {
		return nil, fmt.Errorf("take the lock of the cluster: %w", err)
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		dir.Close()
		return nil, fmt.Errorf("take the lock of the cluster: %w", err)
	}
	return func() { dir.Close() }, nil
}

// prepare gets the programs and images that the machine doesn't have yet.
func prepare(ctx context.Context, o *options) error {
	err := installPackages(ctx, clusterPackages())
	if err != nil {
		return err
	}
	if err := join(hierarchy{path: "/sys/fs/cgroup/pids", options: "pids"}, "up"); err != nil { // so that down finds it
		return fmt.Errorf("join the cgroup of up: %w", err)
	}
	if o.Kube, err = kubeProgram(ctx); err != nil {
		return err
	}
	o.Images, err = images(ctx)
	return err
}

// stage is a part of coming up that people see the time of.
type stage struct {
	done string
	do   func(context.Context, *api, options) error
}

func stages() []stage {
	return []stage{
		{"API server ready", awaitAPI},
		{"nodes registered", register},
		{"nodes Ready", awaitNodes},
		{"DNS ready", awaitDNS},
	}
}

// start starts all machines and waits until every node is Ready and names resolve.
func start(ctx context.Context, o *options) error {
	begin := time.Now()
	client, err := boot(ctx, o)
	if err != nil {
		return err
	}
	for _, s := range stages() {
		if err := s.do(ctx, client, *o); err != nil {
			return err
		}
		progress("%5.1f s  %s", time.Since(begin).Seconds(), s.done)
	}
	return client.writeKubeconfig()
}

// boot lays the network and starts the machines; it returns a client of the API server to be.
func boot(ctx context.Context, o *options) (*api, error) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	if err := makeNetwork(ctx, *o); err != nil {
		return nil, err
	}
	ca, err := makePKI(*o)
	if err != nil {
		return nil, err
	}
	if o.API, err = startForwarder(apiAddress); err != nil {
		return nil, err
	}
	if err := o.save(); err != nil {
		return nil, err
	}
	for _, machine := range o.machines() {
		if err := startMachine(ctx, machine); err != nil {
			return nil, err
		}
	}
	return newAPI(ca, o.API)
}

func awaitAPI(ctx context.Context, client *api, _ options) error {
	return await(ctx, "the API server", func() bool { return client.ready(ctx) })
}

// register makes the objects of the cluster and gives every node its addresses and volumes.
func register(ctx context.Context, client *api, o options) error {
	if err := client.apply(ctx, systemObjects); err != nil {
		return err
	}
	for _, node := range o.nodes() {
		if err := await(ctx, "the registration of "+node, func() bool { return client.giveRange(ctx, node) == nil }); err != nil {
			return err
		}
		if err := client.offerVolumes(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

func awaitNodes(ctx context.Context, client *api, o options) error {
	for _, node := range o.nodes() {
		if err := await(ctx, "the node "+node, func() bool { return client.nodeReady(ctx, node) == "True" }); err != nil {
			return err
		}
	}
	return nil
}

func awaitDNS(ctx context.Context, client *api, _ options) error {
	return await(ctx, "CoreDNS", func() bool { return client.replicasReady(ctx, "kube-system", "coredns") })
}

// await waits until something is so, two minutes at most.
func await(ctx context.Context, what string, is func() bool) error {
	if soon(2*time.Minute, func() bool { return ctx.Err() != nil || is() }) {
		return ctx.Err()
	}
	return fmt.Errorf("%s isn't ready after two minutes", what)
}

// writeKubeconfig writes the administrator's kubeconfig, which also says that up is done.
func (a *api) writeKubeconfig() error {
	text, err := a.authority.kubeconfig(strings.TrimPrefix(a.server, "https://"), identity{name: "admin", group: "system:masters"})
	if err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	unfinished := kubeconfigPath() + ".unfinished"
	if err := os.WriteFile(unfinished, text, 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return os.Rename(unfinished, kubeconfigPath())
}
