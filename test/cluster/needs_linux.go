package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
)

// canRun fails with errSkipped and a sentence when this machine can't run a cluster.
func canRun() error {
	if os.Getuid() != 0 {
		return fmt.Errorf("%w: it needs root, for namespaces, mounts and cgroups", errSkipped)
	}
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, name := range []string{"cpu", "cpuset", "memory", "pids"} {
		if !slices.ContainsFunc(all, func(h hierarchy) bool { return h.name() == name }) {
			return fmt.Errorf("%w: it needs the cgroup v1 hierarchy /sys/fs/cgroup/%s", errSkipped, name)
		}
	}
	return nil
}

// clusterPackages maps a file that the cluster uses to the Debian package that brings it.
func clusterPackages() map[string]string {
	return map[string]string{
		"/usr/bin/etcd":       "etcd-server",
		"/usr/bin/containerd": "containerd",
		"/usr/sbin/runc":      "runc",
		"/usr/lib/cni/ptp":    "containernetworking-plugins",
		"/usr/sbin/iptables":  "iptables",
		"/usr/sbin/conntrack": "conntrack",
		"/usr/sbin/ipset":     "ipset",
		"/usr/sbin/ip":        "iproute2",
		"/usr/bin/nsenter":    "util-linux",
	}
}

// installPackages installs the Debian packages that are missing. Their services are not
// started: the cluster runs the programs itself.
func installPackages(ctx context.Context, packages map[string]string) error {
	var missing []string
	for file, name := range packages {
		if _, err := os.Stat(file); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%w: it needs the programs of the Debian packages %v and there is no apt-get", errSkipped, missing)
	}
	slices.Sort(missing)
	progress("install %v", missing)
	if err := aptGet(ctx, "update", "-qq"); err != nil {
		return err
	}
	return aptGet(ctx, append([]string{"install", "-y", "-qq", "--no-install-recommends"}, missing...)...)
}

func aptGet(ctx context.Context, arguments ...string) error {
	c := exec.CommandContext(ctx, "apt-get", arguments...)
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1") // at run level 1 no package starts its service
	return quietly(c)
}
