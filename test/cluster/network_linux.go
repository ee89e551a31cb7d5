package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The machines hang on a bridge in a network namespace of its own that has no leg to the
// outside: nothing of the cluster can leave, and nothing but the forwarder gets in.

// ranges are all addresses of the cluster; the machine itself must not route them anywhere.
func ranges() []string { return []string{podNetwork, serviceNetwork, machineNetwork} }

func makeNetwork(ctx context.Context, o options) error {
	if err := makeHub(ctx); err != nil {
		return err
	}
	for _, machine := range o.machines() {
		if err := connect(ctx, machine); err != nil {
			return err
		}
	}
	for _, machine := range append(o.machines(), hub) {
		if err := routePods(ctx, o, machine); err != nil {
			return err
		}
	}
	return nil
}

func makeHub(ctx context.Context) error {
	if err := ip(ctx, "netns add "+netnsName(hub)); err != nil {
		return err
	}
	for _, r := range ranges() {
		if err := ip(ctx, "route replace unreachable "+r+" metric 4000"); err != nil {
			return err
		}
	}
	return ipIn(ctx, hub,
		"link set lo up",
		"link add bridge type bridge",
		"address add "+hubAddress+"/24 dev bridge",
		"link set bridge up",
		"route add unreachable default")
}

// connect makes the machine's network namespace and plugs it into the hub.
func connect(ctx context.Context, machine string) error {
	if err := ip(ctx, "netns add "+netnsName(machine)); err != nil {
		return err
	}
	if err := ipIn(ctx, hub,
		"link add "+port(machine)+" type veth peer name eth0 netns "+netnsName(machine),
		"link set "+port(machine)+" master bridge up"); err != nil {
		return err
	}
	return ipIn(ctx, machine,
		"link set lo up",
		"address add "+machineAddress(machine)+"/24 dev eth0",
		"link set eth0 up",
		"route add default via "+hubAddress)
}

// port is the name of the hub's end of the machine's cable.
func port(machine string) string { return "port-" + machine }

// routePods gives the machine the way to every node's pods. The hub forwards too, so that
// it answers "unreachable" at once for what is nowhere.
func routePods(ctx context.Context, o options, machine string) error {
	var routes []string
	for _, node := range o.nodes() {
		if node != machine {
			routes = append(routes, "route add "+podRange(node)+" via "+machineAddress(node))
		}
	}
	if err := ipIn(ctx, machine, routes...); err != nil {
		return err
	}
	return quietly(exec.CommandContext(ctx, "nsenter", "--net="+netnsPath(machine), "sysctl", "-qw", "net.ipv4.ip_forward=1"))
}

// setCable pulls the machine's cable out of the hub ("down") or plugs it in again ("up").
func setCable(ctx context.Context, machine, state string) error {
	return ipIn(ctx, hub, "link set "+port(machine)+" "+state)
}

// isCut tells whether the machine's cable is out.
func isCut(ctx context.Context, machine string) (bool, error) {
	out, err := exec.CommandContext(ctx, "ip", "-n", netnsName(hub), "-o", "link", "show", port(machine)).Output()
	if err != nil {
		return false, fmt.Errorf("look at the cable of %s: %w", machine, err)
	}
	return strings.Contains(string(out), "state DOWN"), nil
}

func ip(ctx context.Context, command string) error {
	return quietly(exec.CommandContext(ctx, "ip", strings.Fields(command)...))
}

// ipIn carries out several ip commands inside a network namespace of the cluster.
func ipIn(ctx context.Context, machine string, commands ...string) error {
	c := exec.CommandContext(ctx, "ip", "-n", netnsName(machine), "-batch", "-")
	c.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	return quietly(c)
}

// removeNetwork removes what makeNetwork made, all or a part of it.
func removeNetwork(ctx context.Context) error {
	var failed []error
	found, err := filepath.Glob(netnsPath("*"))
	failed = append(failed, err)
	for _, path := range found {
		failed = append(failed, ip(ctx, "netns delete "+filepath.Base(path)))
	}
	failed = append(failed, removeNetnsMount(ctx))
	for _, r := range ranges() {
		if hasRoute(ctx, r) {
			failed = append(failed, ip(ctx, "route delete unreachable "+r+" metric 4000"))
		}
	}
	return errors.Join(failed...)
}

// removeNetnsMount unmounts /run/netns when nobody has a namespace there: "ip netns add"
// mounts it on itself and leaves it so.
func removeNetnsMount(ctx context.Context) error {
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		return fmt.Errorf("look for the mount of /run/netns: %w", err)
	}
	left, err := os.ReadDir("/run/netns")
	if os.IsNotExist(err) || len(left) > 0 {
		return nil
	}
	for range strings.Count(string(mounts), " /run/netns ") {
		if err := quietly(exec.CommandContext(ctx, "umount", "/run/netns")); err != nil {
			return err
		}
	}
	return os.Remove("/run/netns")
}

func hasRoute(ctx context.Context, r string) bool {
	out, err := exec.CommandContext(ctx, "ip", "route", "show", "type", "unreachable", "exact", r, "metric", "4000").Output()
	return err == nil && len(strings.TrimSpace(string(out))) > 0
}
