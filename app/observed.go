package app

import "sync"

// observed is what the engine last told of every workload.
type observed struct {
	mu        sync.Mutex
	workloads map[WorkloadRef][]Replica
	synced    bool
}

func newObserved() *observed { return &observed{workloads: map[WorkloadRef][]Replica{}} }
