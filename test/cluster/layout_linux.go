package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Everything of the cluster carries this name, so that it can be found again without any
// record of it: its directory, its cgroups, its network namespaces.
const clusterName = "test-cluster"

// stateDir holds all that the cluster keeps on disk.
const stateDir = "/var/lib/" + clusterName

const (
	control        = "control" // the machine of etcd, API server, controller manager and scheduler
	hub            = "hub"     // the network namespace of the switch between the machines
	maxNodes       = 40
	machineNetwork = "10.123.0.0/24"
	podNetwork     = "10.244.0.0/16"
	serviceNetwork = "10.96.0.0/16"
	hubAddress     = "10.123.0.254"
	controlAddress = "10.123.0.10"
	apiAddress     = controlAddress + ":6443"
	pauseImage     = "cluster.test/pause:1"
	corednsImage   = "cluster.test/coredns:1"
)

// options is what up was asked for; the machines read it from the state directory.
type options struct {
	Nodes           int
	DefaultTimeouts bool     // Kubernetes' own patience with lost nodes
	API             string   // where this machine reaches the API server: host:port
	Kube            string   // path of the multi-call program
	Images          []string // paths of the archives that every node has from its start
}

func statePath(parts ...string) string { return filepath.Join(append([]string{stateDir}, parts...)...) }

func kubeconfigPath() string { return statePath("kubeconfig") }

// nodeName is the name of the node number i, counted from 1.
func nodeName(i int) string { return fmt.Sprintf("n%d", i) }

// nodeNumber is the number of a node by its name, 0 for the control plane.
func nodeNumber(name string) int {
	number, err := strconv.Atoi(strings.TrimPrefix(name, "n"))
	if err != nil {
		return 0
	}
	return number
}

// machineAddress is the address of a machine in the machines' network.
func machineAddress(name string) string {
	return fmt.Sprintf("10.123.0.%d", 10+nodeNumber(name))
}

func podRange(name string) string { return fmt.Sprintf("10.244.%d.0/24", nodeNumber(name)) }

func netnsName(machine string) string { return clusterName + "-" + machine }

func netnsPath(machine string) string { return "/run/netns/" + netnsName(machine) }

func (o options) nodes() []string {
	var names []string
	for i := 1; i <= o.Nodes; i++ {
		names = append(names, nodeName(i))
	}
	return names
}

func (o options) machines() []string { return append([]string{control}, o.nodes()...) }

// known fails with a sentence when the cluster has no machine of that name.
func (o options) known(machine string) error {
	for _, m := range o.machines() {
		if m == machine {
			return nil
		}
	}
	return fmt.Errorf("there is no machine %q; this cluster has %s", machine, strings.Join(o.machines(), ", "))
}

func (o options) save() error {
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write the options: %w", err)
	}
	return os.WriteFile(statePath("options.json"), data, 0o600)
}

func loadOptions() (options, error) {
	var o options
	data, err := os.ReadFile(statePath("options.json"))
	if os.IsNotExist(err) {
		return o, fmt.Errorf("there is no cluster: start one with up")
	}
	if err != nil {
		return o, fmt.Errorf("read the options of the cluster: %w", err)
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return o, fmt.Errorf("read the options of the cluster: %w", err)
	}
	return o, nil
}
