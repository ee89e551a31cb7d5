// Package kube is the engine that runs sites on a Kubernetes cluster through client-go.
//
// Every instance has a namespace of its own. A workload is a Deployment, a one-off is a
// Pod, a build is a Pod that pushes an image. In every container Gondor's own binary is
// process 1: see package inside.
package kube
