// Package world is where tests of the Kubernetes engine run: a cluster, the way into its
// network from this machine, a registry in it, and images.
package world
