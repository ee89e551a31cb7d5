package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machineState describes what a cluster could leave on this machine, by kind.
func machineState(t *testing.T) map[string]string {
	t.Helper()
	state := map[string]string{"programs": strings.Join(clusterPrograms(t), "\n")}
	for kind, command := range map[string]string{
		"mounts":         "cat /proc/mounts",
		"namespaces":     "ls -A /run/netns 2>&1; ip netns",
		"links":          "ip -o link | cut -d: -f2",
		"routes":         "ip route show table all | sort",
		"firewall":       "iptables-save | grep -v '^#'; ip6tables-save | grep -v '^#'",
		"kernelSettings": "sysctl -a 2>/dev/null | grep -E '^(vm\\.|kernel\\.(panic|keys|pid_max)|net\\.ipv4\\.(ip_forward|conf)|net\\.netfilter\\.nf_conntrack_max|net\\.bridge|fs\\.inotify)'",
		"files":          "ls -d /var/lib/{kubelet,cni,etcd/member,containerd/*} /run/{containerd,calico,flannel,cni-addresses} /var/log/{pods,containers} /etc/{cni,kubernetes} " + stateDir + " 2>/dev/null",
	} {
		out, _ := exec.CommandContext(t.Context(), "bash", "-c", command).Output() // ls and grep fail when they find nothing
		state[kind] = string(out)
	}
	groups, err := filepath.Glob("/sys/fs/cgroup/*/" + clusterName)
	if err != nil {
		t.Fatal(err)
	}
	state["cgroups"] = strings.Join(groups, "\n")
	return state
}

// clusterPrograms lists the command lines of all processes that only a cluster has.
func clusterPrograms(t *testing.T) []string {
	t.Helper()
	ours := []string{"kubelet", "kube-apiserver", "kube-proxy", "kube-controller-manager", "kube-scheduler", "etcd", "containerd", "containerd-shim-runc-v2"}
	var found []string
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		name, _, _ := strings.Cut(string(line), "\x00")
		if slices.Contains(ours, filepath.Base(name)) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func sameState(t *testing.T, before, after map[string]string) {
	t.Helper()
	for kind := range before {
		if before[kind] != after[kind] {
			t.Errorf("%s changed: before\n%s\nafter\n%s", kind, before[kind], after[kind])
		}
	}
}

// everyKindChanged fails the test when the state of a machine with a cluster looks like that
// of one without: then the comparison after down would prove nothing.
func everyKindChanged(t *testing.T, without, with map[string]string) {
	t.Helper()
	for _, kind := range []string{"programs", "mounts", "namespaces", "routes", "files", "cgroups"} {
		if without[kind] == with[kind] {
			t.Errorf("%s: the cluster that is up isn't seen", kind)
		}
	}
}
